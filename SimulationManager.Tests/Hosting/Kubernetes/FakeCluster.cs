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

    /// <summary>The start of a command that runs a script somewhere else, such as in a network namespace.</summary>
    public string[] Inside { get; init; } = [];

    public string VersionFile => PathOf(".version");

    /// <summary>What the tools were asked, in order.</summary>
    public string[] Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    private string State => PathOf("state");

    private string LogFile => Path.Combine(State, "log");

    public string PathOf(string relative) => Path.Combine(_root.FullName, relative);

    /// <summary>Content of a Secret's key, as an installation left it.</summary>
    public string Secret(string name, string key) => File.ReadAllText(Path.Combine(State, "secrets", name, key));

    /// <summary>Makes a Secret's key, as an installation does.</summary>
    public void SetSecret(string name, string key, string value)
    {
        Directory.CreateDirectory(Path.Combine(State, "secrets", name));
        File.WriteAllText(Path.Combine(State, "secrets", name, key), value);
    }

    /// <summary>Number of pods that a Deployment asks for; null when nothing scaled it.</summary>
    public string? Replicas(string deployment) => Path.Combine(State, "replicas", deployment) is var file && File.Exists(file) ? File.ReadAllText(file).Trim() : null;

    /// <summary>Scales a Deployment as a person does.</summary>
    public void Scale(string deployment, int replicas)
    {
        Directory.CreateDirectory(Path.Combine(State, "replicas"));
        File.WriteAllText(Path.Combine(State, "replicas", deployment), $"{replicas}\n");
    }

    /// <summary>Runs a script of <c>deploy/</c>.</summary>
    public Task<Finished> RunAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        File.Delete(LogFile);
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{Repository.PathOf("SimulationManager.Tests/Hosting/Kubernetes/FakeTools")}:{path}",
            ["FAKE_STATE"] = State,
            ["FAKE_CACHE"] = _cache.FullName,
            ["REAL_KUBECTL"] = Which("kubectl", path),
            ["REAL_DOTNET"] = Which("dotnet", path),
            ["APPHOST"] = GenerationTests.AppHostPath,
            ["REFERENCE_MANIFEST"] = ManifestTests.Reference,
            ["POLL_SECONDS"] = "0.1",
        };
        foreach (var (name, value) in settings) environment[name] = value;
        string[] command = [.. Inside, "bash", PathOf($"deploy/{script}"), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        return ChildProcess.RunAsync(command[0], command[1..], environment);
    }

    public void Dispose() => _root.Delete(recursive: true);

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
