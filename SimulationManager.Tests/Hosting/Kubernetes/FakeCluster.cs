using k8s;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// A copy of what the deployment scripts use, and a PATH on which <c>kubectl</c>, <c>curl</c> and <c>dotnet</c> only remember what they were asked.
/// </summary>
internal sealed class FakeCluster : IDisposable
{
    /// <summary>What the real generator and kustomize made, kept until the test run ends.</summary>
    private static readonly DirectoryInfo _cache = Directory.CreateTempSubdirectory("cluster-cache-");

    private static readonly SemaphoreSlim _installing = new(1);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("cluster-");

    static FakeCluster() => AppDomain.CurrentDomain.ProcessExit += (_, _) => _cache.Delete(recursive: true);

    public FakeCluster()
    {
        foreach (var folder in (string[])["deploy", "aspirate-output"])
            Copy(Repository.PathOf(folder), Path.Combine(_root.FullName, folder));
        File.Copy(Repository.PathOf(".version"), VersionFile);
        Directory.CreateDirectory(State);
    }

    /// <summary>A cluster in which the system is installed.</summary>
    /// <param name="version">Version of the files and of the installation; null for the repository's.</param>
    public static async Task<FakeCluster> InstalledAsync(string? version = null)
    {
        var cluster = new FakeCluster();
        if (version is not null) await cluster.SetVersionAsync(version);
        var kept = new DirectoryInfo(Path.Combine(_cache.FullName, $"installed-{version}"));
        await _installing.WaitAsync();
        try
        {
            if (!kept.Exists)
            {
                var result = await cluster.RunAsync("install.sh");
                Assert.True(result.ExitCode == 0, result.Output + result.Errors);
                Copy(cluster.State, kept.FullName);
                return cluster;
            }
        }
        finally
        {
            _installing.Release();
        }

        Copy(kept.FullName, cluster.State);
        return cluster;
    }

    /// <summary>The start of a command that runs a script somewhere else, such as in a network namespace.</summary>
    public string[] Inside { get; init; } = [];

    public string VersionFile => PathOf(".version");

    /// <summary>What the tools were asked, in order.</summary>
    public string[] Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    /// <summary>What the cluster has, as <c>Kind name</c>.</summary>
    public string[] Objects => [.. Directory.EnumerateFiles(Path.Combine(State, "objects")).Select(file => Path.GetFileName(file).Split(':', 3)).Select(part => $"{part[0]} {part[2]}").Order(StringComparer.Ordinal)];

    /// <summary>What was applied, by kind, namespace and name.</summary>
    public SortedDictionary<string, string> Applied => Contents(PathOf("state/objects"));

    /// <summary>The generated files.</summary>
    public SortedDictionary<string, string> Manifests => Contents(PathOf("aspirate-output"));

    /// <summary>Images that were pushed to a registry, or loaded into the nodes.</summary>
    public string[] Images => File.Exists(ImagesFile) ? File.ReadAllLines(ImagesFile) : [];

    private string ImagesFile => Path.Combine(State, "images");

    private string State => PathOf("state");

    private string LogFile => Path.Combine(State, "log");

    public string PathOf(string relative) => Path.Combine(_root.FullName, relative);

    /// <summary>Content of a Secret's key, as an installation left it.</summary>
    public string Secret(string name, string key) => File.ReadAllText(Path.Combine(State, "secrets", name, key));

    /// <summary>An object that was applied.</summary>
    public T Find<T>(string name) where T : IKubernetesObject<V1ObjectMeta> =>
        Kustomize.Read(string.Join("---\n", Applied.Values)).OfType<T>().Single(item => item.Metadata.Name == name);

    /// <summary>Changes an object behind the scripts' back, as another version of them would have applied it.</summary>
    /// <param name="name">Kind, namespace and name.</param>
    /// <param name="change">What it is then; null removes it.</param>
    public void Change(string name, Func<string, string?> change)
    {
        var file = Path.Combine(State, "objects", name);
        var before = File.ReadAllText(file);
        var after = change(before);
        Assert.NotEqual(before, after);
        if (after is null) File.Delete(file);
        else File.WriteAllText(file, after);
    }

    /// <summary>Brings an image to the registry, as another person would.</summary>
    public void Push(string image) => File.AppendAllText(ImagesFile, image + "\n");

    /// <summary>Makes the files say another version, as a generation of that version does.</summary>
    public async Task SetVersionAsync(string version)
    {
        await File.WriteAllTextAsync(VersionFile, version + "\n");
        var result = await ChildProcess.RunAsync(Path.Combine(Tools, "dotnet"), ["run", "--", "generate", "--version", version, "--output", PathOf("aspirate-output")], EnvironmentWith([]));
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    /// <summary>Runs a line of a page in the repository's root.</summary>
    public Task<Finished> RunLineAsync(string line, params (string Name, string Value)[] settings) =>
        ChildProcess.RunAsync("bash", ["-c", $"cd {PathOf("")}\n{line}"], EnvironmentWith(settings));

    /// <summary>Makes a Secret's key, as an installation does.</summary>
    public void SetSecret(string name, string key, string value)
    {
        Directory.CreateDirectory(Path.Combine(State, "secrets", name));
        File.WriteAllText(Path.Combine(State, "secrets", name, key), value);
    }

    /// <summary>Number of pods that a Deployment asks for; null when nothing scaled it.</summary>
    public string? Replicas(string deployment) => Path.Combine(State, "replicas", deployment) is var file && File.Exists(file) ? File.ReadAllText(file).Split()[0] : null;

    /// <summary>Scales a Deployment as a person does.</summary>
    public void Scale(string deployment, int replicas)
    {
        Directory.CreateDirectory(Path.Combine(State, "replicas"));
        File.WriteAllText(Path.Combine(State, "replicas", deployment), $"{replicas} 0\n");
    }

    /// <summary>Runs a script of <c>deploy/</c>.</summary>
    public Task<Finished> RunAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        File.Delete(LogFile);
        string[] command = [.. Inside, "bash", PathOf($"deploy/{script}"), .. Words(arguments)];
        return ChildProcess.RunAsync(command[0], command[1..], EnvironmentWith(settings));
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

    private static SortedDictionary<string, string> Contents(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText), StringComparer.Ordinal);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = new FileInfo(Path.Combine(to, Path.GetRelativePath(from, file)));
            target.Directory!.Create();
            File.Copy(file, target.FullName, overwrite: true);
        }
    }
}
