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

    /// <summary>Makes the files say another version, as a generation of that version does.</summary>
    public async Task SetVersionAsync(string version)
    {
        await File.WriteAllTextAsync(VersionFile, version + "\n");
        var result = await RunAsync("dotnet", ["run", "--", "generate", "--version", version, "--output", PathOf("aspirate-output")], []);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    public string VersionFile => PathOf(".version");

    /// <summary>What the tools were asked, in order.</summary>
    public string[] Log => File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];

    /// <summary>What was applied, by kind, namespace and name.</summary>
    public SortedDictionary<string, string> Objects => Contents(PathOf("state/objects"));

    /// <summary>The generated files.</summary>
    public SortedDictionary<string, string> Manifests => Contents(PathOf("aspirate-output"));

    /// <summary>Images that were pushed to a registry, or loaded into the nodes.</summary>
    public string[] Images => File.Exists(ImagesFile) ? File.ReadAllLines(ImagesFile) : [];

    private string ImagesFile => Path.Combine(State, "images");

    private static string FakeTools => Repository.PathOf("SimulationManager.Tests/Hosting/Kubernetes/FakeTools");

    private string State => PathOf("state");

    private string LogFile => Path.Combine(State, "log");

    public string PathOf(string relative) => Path.Combine(_root.FullName, relative);

    /// <summary>Content of a Secret's key, as an installation left it.</summary>
    public string Secret(string name, string key) => File.ReadAllText(Path.Combine(State, "secrets", name, key));

    /// <summary>An object that was applied.</summary>
    public T Find<T>(string name) where T : IKubernetesObject<V1ObjectMeta> =>
        Kustomize.Read(string.Join("---\n", Objects.Values)).OfType<T>().Single(item => item.Metadata.Name == name);

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

    /// <summary>Runs a script of <c>deploy/</c>.</summary>
    public Task<Finished> RunAsync(string script, string arguments = "", params (string Name, string Value)[] settings) =>
        RunAsync("bash", [PathOf($"deploy/{script}"), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)], settings);

    /// <summary>The same with both outputs in one, as a terminal shows them.</summary>
    public Task<Finished> RunOnTerminalAsync(string script, string arguments, (string Name, string Value)[] settings) =>
        RunAsync("bash", ["-c", "exec \"$@\" 2>&1", "bash", "bash", PathOf($"deploy/{script}"), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)], settings);

    /// <summary>Runs a line of a page in the repository's root.</summary>
    public Task<Finished> RunLineAsync(string line, params (string Name, string Value)[] settings) => RunAsync("bash", ["-c", $"cd {PathOf("")}\n{line}"], settings);

    private Task<Finished> RunAsync(string command, string[] arguments, (string Name, string Value)[] settings)
    {
        File.Delete(LogFile);
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{FakeTools}:{path}",
            ["FAKE_STATE"] = State,
            ["FAKE_CACHE"] = _cache.FullName,
            ["REAL_KUBECTL"] = Which("kubectl", path),
            ["REAL_DOTNET"] = Which("dotnet", path),
            ["APPHOST"] = GenerationTests.AppHostPath,
            ["REFERENCE_MANIFEST"] = ManifestTests.Reference,
            ["POLL_SECONDS"] = "0.1",
        };
        foreach (var (name, value) in settings) environment[name] = value;
        return ChildProcess.RunAsync(command == "bash" ? command : Path.Combine(FakeTools, command), arguments, environment);
    }

    public void Dispose() => _root.Delete(recursive: true);

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
