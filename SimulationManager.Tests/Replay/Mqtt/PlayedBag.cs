using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Generation;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>A recording that agents play to endpoints, on the engine's own threads.</summary>
internal sealed class PlayedBag : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ReplayEngine _engine = new(new ReplayOptions { Lanes = 2 }, TimeProvider.System);
    private readonly Recording? _recording;

    public PlayedBag(string bag)
        : this(folder => BagFixtures.CopyOf(bag, folder))
    {
    }

    public PlayedBag(ReplayTimeline timeline) => Timeline = timeline;

    private PlayedBag(Func<TempFolder, string> write)
    {
        _recording = Recording.Open(write(_folder));
        Timeline = _recording.TimelineOf(_recording.Topics);
    }

    public ReplayTimeline Timeline { get; }

    public Dictionary<string, SinkCredentials> Credentials { get; } = [];

    /// <summary>What agents change in payloads, and their names.</summary>
    public PayloadOptions Payloads { get; init; } = new();

    /// <summary>The recording of the demo, or the beginning of it.</summary>
    public static PlayedBag OfRobot(TimeSpan duration) => new(folder =>
    {
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = duration });
        return folder["robot"];
    });

    /// <summary>A timeline of payloads that are their own number, in CDR as <c>std_msgs/msg/UInt64</c> is.</summary>
    public static ReplayTimeline Numbers(int count, double perSecond, int size = 12, params string[] topics)
    {
        string[] names = topics.Length == 0 ? ["/numbers"] : topics;
        return new ReplayTimeline(
            [.. Enumerable.Range(0, count).Select(index => (long)(index * 1e9 / perSecond))],
            [.. Enumerable.Range(0, count).Select(index => (ushort)(index % names.Length))],
            [.. Enumerable.Repeat(size, count)], names, (long)(count * 1e9 / perSecond), new NumberSource(size));
    }

    /// <summary>A timeline of messages of one type, on each of the topics in turn.</summary>
    /// <param name="type">Their type, one of the built-in ones.</param>
    /// <param name="perSecond">How many there are in a second.</param>
    /// <param name="messages">The messages as JSON.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="latched">Those whose last messages are kept.</param>
    public static ReplayTimeline Messages(string type, double perSecond, IEnumerable<string> messages, string[] topics, params LatchedTopic[] latched)
    {
        var codec = new MessageCodec(TestTypes.Find(type));
        byte[][] payloads = [.. messages.Select(json => codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes(json))))];
        return new ReplayTimeline(
            [.. Enumerable.Range(0, payloads.Length).Select(index => (long)(index * 1e9 / perSecond))],
            [.. Enumerable.Range(0, payloads.Length).Select(index => (ushort)(index % topics.Length))],
            [.. payloads.Select(payload => payload.Length)], topics, (long)(payloads.Length * 1e9 / perSecond), new PayloadList(payloads))
        {
            Types = [.. topics.Select(_ => new RecordedType(codec.Schema))],
            Latched = latched,
        };
    }

    /// <summary>The payloads of each topic, in their order.</summary>
    public async Task<Dictionary<string, List<byte[]>>> PayloadsByTopicAsync(CancellationToken cancellationToken)
    {
        var payloads = Timeline.Topics.ToDictionary(topic => topic, _ => new List<byte[]>());
        for (var index = 0; index < Timeline.Count; index++) payloads[Timeline.Topics[Timeline.TopicOf(index)]].Add(await Timeline.ReadPayloadAsync(index, cancellationToken));
        return payloads;
    }

    public CohortOutput Open(string endpoints, int agents, Action<long, bool>? hold = null, IReadOnlyDictionary<long, byte[]>? states = null, IReadOnlyDictionary<long, AgentPublished[]>? published = null, string simulation = "7")
    {
        var plan = new OutputPlan
        {
            Simulation = simulation,
            Endpoints = OutputEndpoint.ParseAll([endpoints]),
            Payloads = Payloads,
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

    private sealed class PayloadList(byte[][] payloads) : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            payloads[message].CopyTo(buffer);
            return ValueTask.FromResult(payloads[message].Length);
        }
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
