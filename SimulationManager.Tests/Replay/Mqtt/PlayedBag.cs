using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>A recording that agents play to endpoints, on the engine's own threads.</summary>
internal sealed class PlayedBag : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ReplayEngine _engine = new(new ReplayOptions { Lanes = 2 }, TimeProvider.System);
    private readonly Recording? _recording;

    public PlayedBag(string bag)
    {
        _recording = Recording.Open(BagFixtures.CopyOf(bag, _folder));
        Timeline = _recording.TimelineOf(_recording.Topics);
    }

    public PlayedBag(ReplayTimeline timeline) => Timeline = timeline;

    public ReplayTimeline Timeline { get; }

    public Dictionary<string, SinkCredentials> Credentials { get; } = [];

    /// <summary>A timeline of payloads that are their own number, in CDR as <c>std_msgs/msg/UInt64</c> is.</summary>
    public static ReplayTimeline Numbers(int count, double perSecond, int size = 12, params string[] topics)
    {
        string[] names = topics.Length == 0 ? ["/numbers"] : topics;
        return new ReplayTimeline(
            [.. Enumerable.Range(0, count).Select(index => (long)(index * 1e9 / perSecond))],
            [.. Enumerable.Range(0, count).Select(index => (ushort)(index % names.Length))],
            [.. Enumerable.Repeat(size, count)], names, (long)(count * 1e9 / perSecond), new NumberSource(size));
    }

    public CohortOutput Open(string endpoints, int agents, Action<long, bool>? hold = null, IReadOnlyDictionary<long, byte[]>? states = null, IReadOnlyDictionary<long, AgentPublished[]>? published = null, string simulation = "7")
    {
        var plan = new OutputPlan
        {
            Simulation = simulation,
            Endpoints = OutputEndpoint.ParseAll([endpoints]),
            Process = "silo-1",
            Hold = hold,
            AgentStates = states ?? new Dictionary<long, byte[]>(),
            Pending = (published ?? new Dictionary<long, AgentPublished[]>()).ToDictionary(agent => agent.Key, agent => Array.ConvertAll(agent.Value, endpoint => endpoint.Pending)),
            Credentials = Credentials,
            Clock = _engine.Clock,
            Time = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        };
        return new CohortOutput(plan, Timeline, [.. Enumerable.Range(1, agents).Select(number => (long)number)]);
    }

    public ReplayCohort Create(CohortOutput output, int agents, int repeats = 1, double rate = 1, FleetPlan? fleet = null, CohortSnapshot? from = null, TimeSpan? playedOnFor = null, double? clock = null) => _engine.CreateCohort(HandDrivenEngine.Play(Timeline, agents, repeats) with
    {
        From = from?.Agents.ToDictionary(agent => agent.InstanceId),
        PlayedOnSince = playedOnFor is { } time ? _engine.Clock.Now - (time.Ticks * 100) : null,
        Output = output,
        Rate = rate,
        Fleet = fleet,
        RepeatLatched = false,
        ClockFrequency = clock,
    });

    /// <summary>Plays all of it, and returns what became of the messages at each endpoint.</summary>
    public async Task<IReadOnlyList<EndpointStatus>> PlayAsync(string endpoints, int agents = 1, int repeats = 1, double rate = 1)
    {
        await using var output = Open(endpoints, agents);
        await output.ReadyAsync(TestContext.Current.CancellationToken);
        Assert.All(output.Status(), status => Assert.Null(status.Error));
        var cohort = Create(output, agents, repeats, rate);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await output.CompleteAsync(TimeSpan.FromSeconds(20));
        return output.Status();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _recording?.Dispose();
        _folder.Dispose();
    }

    private sealed class NumberSource(int size) : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            buffer.Span[1] = 1;
            BitConverter.TryWriteBytes(buffer.Span[4..], (long)message);
            return ValueTask.FromResult(size);
        }
    }
}
