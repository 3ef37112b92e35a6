using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// A copy of what the deployment scripts use, and a PATH on which <c>kubectl</c>, <c>curl</c>, <c>dotnet</c> and the tools for images only pass on to here what they were
/// asked. The answers are those of a cluster with the objects that were applied, in an API server's own words; building with kustomize is the real one's.
/// </summary>
internal sealed partial class FakeCluster : IDisposable
{
    public static readonly string Tools = Repository.PathOf("SimulationManager.Tests/Hosting/Kubernetes/FakeTools");

    /// <summary>What kustomize made, by the content of the files.</summary>
    private static readonly ConcurrentDictionary<string, Task<(Finished Result, IReadOnlyList<ClusterObject> Objects)>> _builds = new(StringComparer.Ordinal);

    /// <summary>What an installation leaves, by version.</summary>
    private static readonly ConcurrentDictionary<string, Task<ClusterState>> _installations = new(StringComparer.Ordinal);

    /// <summary>In memory where there is a file system for that: to make the files on a disk took longer than the scripts themselves.</summary>
    private readonly DirectoryInfo _root = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"cluster-{Guid.NewGuid():N}"));
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _answering;
    private readonly List<string> _log = [];
    private ClusterState _state = new();
    private FakeSettings _settings = new();

    public FakeCluster()
    {
        Copy("deploy", "*.sh");
        Copy(EnvironmentFile.DefaultFolder);
        Copy("aspirate-output");
        Copy("", ".version");
        Directory.CreateDirectory(PathOf("tmp"));
        _listener.Start();
        _answering = AnswerAsync();
    }

    public string VersionFile => PathOf(".version");

    /// <summary>What the tools were asked since the last run of a script began, in order.</summary>
    public string[] Log => [.. _log];

    /// <summary>The log's calls of <c>kubectl</c>.</summary>
    public string[] Calls => [.. _log.Where(IsCall)];

    /// <summary>
    /// Numbers of the calls that differ: a wait asks the same again, and one loop does the same for each store. What a script does when one is refused, it does for
    /// every other of its like.
    /// </summary>
    public IEnumerable<int> DistinctCalls => Calls.Select((call, index) => (Kind: Store().Replace(call, "STORE"), Number: index + 1)).DistinctBy(call => call.Kind).Select(call => call.Number);

    /// <summary>What the cluster has, as <c>Kind name</c>.</summary>
    public string[] Objects => [.. _state.Objects.Values.Select(item => $"{item.Kind} {item.Name}").Order(StringComparer.Ordinal)];

    /// <summary>What was applied, by kind, namespace and name.</summary>
    public SortedDictionary<string, string> Applied => new(_state.Objects.ToDictionary(item => item.Key, item => item.Value.Text), StringComparer.Ordinal);

    /// <summary>The generated files.</summary>
    public SortedDictionary<string, string> Manifests => new(
        Directory.EnumerateFiles(PathOf("aspirate-output"), "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(_root.FullName, file), File.ReadAllText), StringComparer.Ordinal);

    /// <summary>Images that were pushed to a registry, or loaded into the nodes.</summary>
    public string[] Images => [.. _state.Images];

    /// <summary>A cluster in which the system is installed.</summary>
    /// <param name="version">Version of the files and of the installation; null for the repository's.</param>
    public static async Task<FakeCluster> InstalledAsync(string? version = null)
    {
        var state = await _installations.GetOrAdd(version ?? "", _ => InstallAsync(version));
        var cluster = new FakeCluster { _state = new(state) };
        if (version is not null) cluster.SetVersion(version);
        return cluster;
    }

    public string PathOf(string relative) => Path.Combine(_root.FullName, relative);

    /// <summary>Content of a Secret's key, as an installation left it.</summary>
    public string Secret(string name, string key) => _state.Secrets[(name, key)];

    /// <summary>Makes a Secret's key, as an installation does.</summary>
    public void SetSecret(string name, string key, string value) => _state.Secrets[(name, key)] = value;

    /// <summary>An object that was applied.</summary>
    public T Find<T>(string name) where T : IKubernetesObject<V1ObjectMeta> => _state.ValuesOf<T>().Single(item => item.Metadata.Name == name);

    /// <summary>Changes an object behind the scripts' back, as another version of them would have applied it.</summary>
    /// <param name="name">Kind, namespace and name.</param>
    /// <param name="change">What it is then; null removes it.</param>
    public void Change(string name, Func<string, string?> change)
    {
        var before = _state.Objects[name].Text;
        var after = change(before);
        Assert.NotEqual(before, after);
        if (after is null) _state.Objects.Remove(name);
        else _state.Objects[name] = Assert.Single(ClusterObject.ReadAll(after));
    }

    /// <summary>Brings an image to the registry, as another person would.</summary>
    public void Push(string image) => _state.Images.Add(image);

    /// <summary>Makes the files say another version, as a generation of that version does.</summary>
    public void SetVersion(string version)
    {
        File.WriteAllText(VersionFile, version + "\n");
        FakeTools.Generate(version, PathOf("aspirate-output"));
    }

    /// <summary>Number of pods that a Deployment asks for; null when nothing scaled it.</summary>
    public string? Replicas(string deployment) => _state.Replicas.TryGetValue(deployment, out var pods) ? $"{pods.Wanted}" : null;

    /// <summary>Scales a Deployment as a person does.</summary>
    public void Scale(string deployment, int replicas) => _state.Replicas[deployment] = (replicas, 0);

    /// <summary>Runs a script, or any line of a page, in the repository's root.</summary>
    public Task<Finished> RunAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        _log.Clear();
        _settings = new(settings);
        Dictionary<string, string> environment = new(_settings.All)
        {
            ["PATH"] = $"{Tools}:{Environment.GetEnvironmentVariable("PATH")}",
            ["FAKE_CLUSTER"] = $"{((IPEndPoint)_listener.LocalEndpoint).Port}",
            ["POLL_SECONDS"] = "0.1",
            ["TMPDIR"] = PathOf("tmp"),
        };
        // Programs may not be executable in memory: bash reads the script.
        var shell = script.StartsWith("deploy/", StringComparison.Ordinal) ? "bash " : "";
        return ChildProcess.RunAsync("bash", ["-c", $"cd {_root.FullName} && {shell}{script} {arguments}"], environment);
    }

    /// <summary>Runs a script and gives what a person sees: the command, both outputs in the order of their lines, and how it ended.</summary>
    public async Task<string> ShowAsync(string script, string arguments = "", params (string Name, string Value)[] settings)
    {
        var result = await RunAsync(script, $"{arguments} 2>&1", settings);
        var ending = result.ExitCode == 0 ? "" : $"[ends with {result.ExitCode}]\n";
        return $"$ {script} {arguments}".TrimEnd() + $"\n{result.Output.Replace(_root.FullName, "", StringComparison.Ordinal)}{ending}";
    }

    /// <summary>What a person does with <c>kubectl</c> besides the scripts.</summary>
    public async Task KubectlAsync(string arguments)
    {
        _settings = new();
        var answer = await KubectlAsync(arguments.Split(' '), "");
        Assert.True(answer.ExitCode == 0, answer.Errors);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        _root.Delete(recursive: true);
        Assert.True(_answering.Exception is null, $"{_answering.Exception}");
    }

    internal static string Which(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, command)).First(File.Exists);

    private static bool IsCall(string line) => line.StartsWith("kubectl ", StringComparison.Ordinal);

    private static async Task<ClusterState> InstallAsync(string? version)
    {
        using var cluster = new FakeCluster();
        if (version is not null) cluster.SetVersion(version);
        var result = await cluster.RunAsync("deploy/install.sh");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return cluster._state;
    }

    /// <summary>Answers one call after the other, until the cluster goes.</summary>
    private async Task AnswerAsync()
    {
        // Its source is disposed while a call may still be answered.
        var ended = _ended.Token;
        try
        {
            while (true)
            {
                await using var stream = new NetworkStream(await _listener.AcceptSocketAsync(ended), ownsSocket: true);
                var (tool, arguments, input) = await ReadAsync(stream);
                var answer = tool == "kubectl" ? await KubectlAsync(arguments, input) : new FakeTools(_state, _settings, _log).Run(tool, arguments);
                var script = Encoding.UTF8.GetBytes(answer.Script);
                await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes($"{script.Length}\n"), .. script]);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
        finally
        {
            // A call after a fault here fails, instead of waiting for an answer.
            _listener.Dispose();
        }
    }

    /// <summary>Reads a call: the number of arguments, the tool, the arguments and what came in, each ended by a zero.</summary>
    private static async Task<(string Tool, string[] Arguments, string Input)> ReadAsync(Stream stream)
    {
        var received = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0) throw new EndOfStreamException("A tool ended in the middle of its call.");
            received.Write(buffer, 0, count);
            var fields = Encoding.UTF8.GetString(received.ToArray()).Split('\0');
            if (int.TryParse(fields[0], out var arguments) && fields.Length == arguments + 4) return (fields[1], fields[2..^2], fields[^2]);
        }
    }

    private async Task<ToolAnswer> KubectlAsync(string[] arguments, string input)
    {
        if (arguments is ["kustomize", var folder])
        {
            var (result, _) = await BuildAsync(folder);
            return new(result.Output, result.Errors, result.ExitCode);
        }

        if (arguments is ["--context", _, .. var rest]) arguments = rest;
        var all = string.Join(' ', arguments);
        _log.Add($"kubectl {all}");
        if (_settings.Get("FAIL_AT") == $"{_log.Count(IsCall)}" || _settings.Refuses("FAIL_ON", all)) return ToolAnswer.Error("error: refused on purpose");
        return new KubectlCall(_state, _settings, arguments, await GivenAsync(arguments, input)).Run();
    }

    /// <summary>The objects that a call names.</summary>
    private static async Task<IReadOnlyList<ClusterObject>> GivenAsync(string[] arguments, string input)
    {
        if (Array.IndexOf(arguments, "-k") is >= 0 and var at) return (await BuildAsync(arguments[at + 1])).Objects;
        if (arguments is not ["apply", "-f", var file, ..]) return [];
        return ClusterObject.ReadAll(file == "-" ? input : await File.ReadAllTextAsync(file));
    }

    private static async Task<(Finished Result, IReadOnlyList<ClusterObject> Objects)> BuildAsync(string folder)
    {
        var files = folder[..(folder.IndexOf("/aspirate-output", StringComparison.Ordinal) + "/aspirate-output".Length)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(files, folder)));
        foreach (var file in Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\0{Path.GetRelativePath(files, file)}\0"));
            hash.AppendData(await File.ReadAllBytesAsync(file));
        }

        return await _builds.GetOrAdd(Convert.ToHexString(hash.GetHashAndReset()), _ => KustomizeAsync(folder));
    }

    private static async Task<(Finished Result, IReadOnlyList<ClusterObject> Objects)> KustomizeAsync(string folder)
    {
        var result = await ChildProcess.RunAsync("kubectl", "kustomize", folder);
        return (result, ClusterObject.ReadAll(result.Output));
    }

    private void Copy(string folder, string files = "*")
    {
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf(folder), files, files == "*" ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly))
        {
            var target = new FileInfo(PathOf(Path.GetRelativePath(Repository.Root, file)));
            target.Directory!.Create();
            File.Copy(file, target.FullName);
        }
    }

    [GeneratedRegex("minio|postgres|redis")]
    private static partial Regex Store();
}
