using System.Diagnostics;
using System.Globalization;
using SimulationManager.Replay;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>A message that a listener got.</summary>
internal sealed record Heard(string Topic, byte[] Payload);

/// <summary>A writer that a listener was told of.</summary>
internal sealed record FoundWriter(string Id, string Participant, string Topic, string Type, bool IsReliable, bool IsTransientLocal, int Depth, string UserData);

/// <summary>Whose DDS a listener is built on, both as Debian has them.</summary>
public enum DdsVendor
{
    /// <summary>Eclipse Cyclone DDS, <c>listener.c</c>.</summary>
    Cyclone,

    /// <summary>eProsima Fast DDS, <c>fast_listener.cpp</c>.</summary>
    Fast,
}

/// <summary>A program that subscribes to all topics of a domain on this machine's loopback.</summary>
internal sealed class DdsListener : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly Lazy<Task<string>> s_cyclone = new(() => CompileAsync("gcc", "listener.c", "-lddsc"));
    private static readonly Lazy<Task<string>> s_fast = new(() => CompileAsync("g++", "fast_listener.cpp", "-lfastrtps", "-lfastcdr"));

    private readonly Process _process;
    private readonly List<Heard> _heard = [];
    private readonly List<FoundWriter> _writers = [];
    private readonly HashSet<string> _gone = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DdsListener(string program, int domain, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, [domain.ToString(CultureInfo.InvariantCulture), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["CYCLONEDDS_URI"] = "<CycloneDDS><Domain Id=\"any\"><General><Interfaces><NetworkInterface name=\"lo\"/></Interfaces><AllowMulticast>false</AllowMulticast></General>"
                    // It is not to be given up while a test holds it.
                    + "<Discovery><LeaseDuration>300s</LeaseDuration><ParticipantIndex>auto</ParticipantIndex><Peers><Peer address=\"127.0.0.1\"/></Peers></Discovery></Domain></CycloneDDS>",
            },
        })!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
    }

    /// <summary>The messages of topics of ROS, in the order in which they came.</summary>
    public IReadOnlyList<Heard> Messages => Copy(_heard.Where(heard => heard.Topic != "ros_discovery_info"));

    /// <summary>What participants have told of their nodes.</summary>
    public IReadOnlyList<byte[]> DiscoveryInfos => Copy(_heard.Where(heard => heard.Topic == "ros_discovery_info").Select(heard => heard.Payload));

    /// <summary>The writers of topics of ROS that are there.</summary>
    public IReadOnlyList<FoundWriter> Writers => Copy(_writers.Where(writer => writer.Topic != "ros_discovery_info" && !_gone.Contains(writer.Id)));

    /// <summary>All that there ever were.</summary>
    public IReadOnlyList<FoundWriter> AllWriters => Copy(_writers.Where(writer => writer.Topic != "ros_discovery_info"));

    /// <param name="domain">The domain.</param>
    /// <param name="vendor">Whose DDS it is built on.</param>
    public static async Task<DdsListener> StartAsync(int domain, DdsVendor vendor = DdsVendor.Cyclone)
    {
        var listener = new DdsListener(await ProgramAsync(vendor), domain);
        await listener._listening.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        return listener;
    }

    /// <summary>The same program as one that publishes to one topic.</summary>
    public static async Task<DdsListener> TalkAsync(int domain, string topic, string type, bool isReliable = true, bool isTransientLocal = false)
    {
        var talker = new DdsListener(await ProgramAsync(DdsVendor.Cyclone), domain, "talk", topic, type, isReliable ? "1" : "0", isTransientLocal ? "1" : "0");
        await talker._listening.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        return talker;
    }

    /// <summary>Has it publish payloads; they are on their way, or wait for a subscriber.</summary>
    public async Task SayAsync(params byte[][] payloads)
    {
        foreach (var payload in payloads) await _process.StandardInput.WriteLineAsync(Convert.ToHexStringLower(payload));
        await _process.StandardInput.FlushAsync();
    }

    private static async Task<string> ProgramAsync(DdsVendor vendor)
    {
        Assert.SkipUnless(DdsLibrary.Problem is null, $"{DdsLibrary.Problem}");
        var (compiler, header, packages) = vendor == DdsVendor.Fast
            ? ("g++", "/usr/include/fastdds/dds/topic/TopicDataType.hpp", "g++ libfastrtps-dev")
            : ("gcc", "/usr/include/dds/ddsi/ddsi_serdata.h", "gcc libc6-dev cyclonedds-dev");
        Assert.SkipUnless(ChildProcess.IsOnPath(compiler) && File.Exists(header), $"{compiler} or {header} is not there (Debian 12: apt-get install {packages}).");
        return await (vendor == DdsVendor.Fast ? s_fast : s_cyclone).Value;
    }

    public Task UntilAsync(Func<DdsListener, bool> condition, string what) => Wait.UntilAsync(() => condition(this), Limit, what);

    /// <summary>Sends it a signal: <c>STOP</c> holds it, <c>CONT</c> lets it go on.</summary>
    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    public async ValueTask DisposeAsync() => await _process.EndAsync();

    private static async Task<string> CompileAsync(string compiler, string source, params string[] libraries)
    {
        // Stays for the other tests of this process; the system's folder for temporary files is not ours to tidy.
        var program = Path.Combine(Directory.CreateTempSubdirectory("dds-listener-").FullName, "listener");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(program)!, recursive: true);
        var finished = await ChildProcess.RunAsync(compiler, ["-O1", "-Wall", "-o", program, Repository.PathOf($"SimulationManager.Tests/Replay/Dds/{source}"), .. libraries]);
        return finished.ExitCode == 0 ? program : throw new InvalidOperationException(finished.Errors);
    }

    private T[] Copy<T>(IEnumerable<T> items)
    {
        lock (_heard) return [.. items];
    }

    private void Keep(string? line)
    {
        try
        {
            if (line is not null) Take(line);
        }
        catch (Exception exception) when (exception is FormatException or IndexOutOfRangeException)
        {
            // Half a line: it was killed while it wrote. An exception here would end the test process.
        }
    }

    private void Take(string line)
    {
        var parts = line.Split(' ');
        lock (_heard)
        {
            if (parts[0] is "listening" or "talking") _listening.TrySetResult();
            if (parts[0] == "M") _heard.Add(new Heard(parts[1], Convert.FromHexString(parts[2])));
            if (parts[0] == "G") _gone.Add(parts[1]);
            if (parts[0] == "P") _writers.Add(new FoundWriter(parts[1], parts[2], parts[3], parts[4], parts[5] == "1", parts[6] == "1", int.Parse(parts[7], CultureInfo.InvariantCulture), parts[8]));
        }
    }
}

/// <summary>A domain that no other test uses, in this process or another, until it is disposed. Its ports are below those that systems give away.</summary>
internal sealed class OwnDomain : IDisposable
{
    private const int Domains = 100;

    private readonly FileStream _lock;

    public OwnDomain()
    {
        for (var number = 1; _lock is null; number = (number % Domains) + 1)
        {
            try
            {
                _lock = new FileStream(Path.Combine(Path.GetTempPath(), $"dds-domain-{number}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                Number = number;
            }
            catch (IOException)
            {
                // Another test's.
            }
        }
    }

    public int Number { get; }

    /// <summary>An endpoint in it, on loopback.</summary>
    public string Endpoint(string options = "") => $"dds://?domain={Number}&interface=lo&peers=127.0.0.1{(options.Length > 0 ? $"&{options}" : "")}";

    public void Dispose() => _lock.Dispose();
}
