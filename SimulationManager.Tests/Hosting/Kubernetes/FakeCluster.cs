namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// A copy of what the deployment scripts use, and a PATH on which <c>kubectl</c>, <c>curl</c> and <c>dotnet</c> only remember what they were asked.
/// </summary>
internal sealed class FakeCluster : IDisposable
{
    /// <summary>What the real generator and kustomize made, kept until the test run ends.</summary>
    private static readonly DirectoryInfo _cache = Directory.CreateTempSubdirectory("cluster-cache-");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("cluster-");

    static FakeCluster() => AppDomain.CurrentDomain.ProcessExit += (_, _) => _cache.Delete(recursive: true);

    public FakeCluster()
    {
        foreach (var folder in (string[])["deploy", "aspirate-output"])
            Copy(Repository.PathOf(folder), Path.Combine(_root.FullName, folder));
        File.Copy(Repository.PathOf(".version"), VersionFile);
        Directory.CreateDirectory(State);
    }

    public string VersionFile => PathOf(".version");

    /// <summary>What the tools were asked, in order.</summary>
    public string[] Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    /// <summary>What the cluster has, as <c>Kind name</c>.</summary>
    public string[] Objects => [.. Directory.EnumerateFiles(Path.Combine(State, "objects")).Select(file => Path.GetFileName(file).Split(':', 3)).Select(part => $"{part[0]} {part[2]}").Order(StringComparer.Ordinal)];

    private string State => PathOf("state");

    private string LogFile => Path.Combine(State, "log");

    public string PathOf(string relative) => Path.Combine(_root.FullName, relative);

    /// <summary>Content of a Secret's key, as an installation left it.</summary>
    public string Secret(string name, string key) => File.ReadAllText(Path.Combine(State, "secrets", name, key));

    /// <summary>Runs a script of <c>deploy/</c>.</summary>
    public Task<Finished> RunAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        File.Delete(LogFile);
        return ChildProcess.RunAsync("bash", [PathOf($"deploy/{script}"), .. Words(arguments)], EnvironmentWith(settings));
    }

    /// <summary>Runs a script and gives what a person sees: the command, both outputs in the order of their lines, and how it ended.</summary>
    public async Task<string> ShowAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        File.Delete(LogFile);
        var result = await ChildProcess.RunAsync("bash", ["-c", "exec bash \"$0\" \"$@\" 2>&1", PathOf($"deploy/{script}"), .. Words(arguments)], EnvironmentWith(settings));
        var ending = result.ExitCode == 0 ? "" : $"[ends with {result.ExitCode}]\n";
        return $"$ deploy/{script} {arguments}".TrimEnd() + $"\n{result.Output.Replace(_root.FullName, "", StringComparison.Ordinal)}{ending}";
    }

    /// <summary>What a person does with <c>kubectl</c> besides the scripts.</summary>
    public async Task KubectlAsync(string arguments)
    {
        var result = await ChildProcess.RunAsync(Path.Combine(Tools, "kubectl"), Words(arguments), EnvironmentWith([]));
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static string Tools => Repository.PathOf("SimulationManager.Tests/Hosting/Kubernetes/FakeTools");

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private Dictionary<string, string> EnvironmentWith((string Name, string Value)[] settings)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{Tools}:{path}",
            ["FAKE_STATE"] = State,
            ["FAKE_CACHE"] = _cache.FullName,
            ["REAL_KUBECTL"] = Which("kubectl", path),
            ["REAL_DOTNET"] = Which("dotnet", path),
            ["APPHOST"] = GenerationTests.AppHostPath,
            ["REFERENCE_MANIFEST"] = ManifestTests.Reference,
            ["POLL_SECONDS"] = "0.1",
        };
        foreach (var (name, value) in settings) environment[name] = value;
        return environment;
    }

    private static string Which(string command, string path) =>
        path.Split(':').Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists) ?? command;

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = new FileInfo(Path.Combine(to, Path.GetRelativePath(from, file)));
            target.Directory!.Create();
            File.Copy(file, target.FullName);
        }
    }
}
