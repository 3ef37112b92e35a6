using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay;

/// <summary>The last messages of transient-local topics come first wherever a viewer would have missed them, and are in no count.</summary>
public sealed class LatchedTopicTests : IAsyncDisposable
{
    private const long Second = 1_000_000_000;
    private static readonly QosProfile s_latched = new() { Durability = QosDurability.TransientLocal };

    private readonly HandDrivenEngine _engine = new();
    private readonly TempFolder _folder = new();
    private readonly RecordingSink _sink = new();
    private readonly SinkQueue _queue;

    public LatchedTopicTests() => _queue = new SinkQueue(_sink, 1024, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task After_an_offset_they_come_first_in_every_pass_and_are_not_counted()
    {
        var cohort = Create(Robot(), repeats: 2, offset: 5);
        _engine.Run(cohort.AddSinkAsync(1, _queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));

        _engine.Advance(6000);

        await SeenAsync("!/robot_description@1 !/tf_static@0 /odom@5 /odom@6 /odom@7 /odom@8 !/robot_description@1 !/tf_static@0 /odom@5 /odom@6 /odom@7 /odom@8");
        Assert.Equal((8L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
        Assert.Equal(8, cohort.LatenessOf(1).Count);
        Assert.Equal(8, _engine.Engine.MessagesOut);
    }

    [Fact]
    public async Task After_a_seek_those_before_the_position_come_first()
    {
        var cohort = Create(Robot());
        _engine.Run(cohort.AddSinkAsync(1, _queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        _engine.Run(cohort.PauseAsync());

        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(0.5), paused: true));
        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(7), paused: true));
        _engine.Run(cohort.SeekAsync(TimeSpan.Zero, paused: true));

        await SeenAsync("/tf_static@0 !/tf_static@0 !/robot_description@1 !/tf_static@0");
        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
    }

    [Fact]
    public async Task A_late_viewer_gets_them_first_and_the_others_do_not_get_them_again()
    {
        var late = new RecordingSink();
        await using var queue = new SinkQueue(late, 1024, NullLogger.Instance);
        var cohort = Create(Robot());
        _engine.Run(cohort.AddSinkAsync(1, _queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        _engine.Advance(6000);

        _engine.Run(cohort.AddSinkAsync(1, queue));
        _engine.Advance(1000);

        await SeenAsync("/tf_static@0 /robot_description@1 /odom@2 /odom@3 /odom@4 /odom@5 /odom@6 /odom@7");
        await SeenAsync("!/robot_description@1 !/tf_static@0 /odom@7", late);
    }

    [Fact]
    public async Task Turned_off_a_viewer_sees_only_what_is_played()
    {
        var cohort = Create(Robot(), offset: 5, repeatLatched: false);
        _engine.Run(cohort.AddSinkAsync(1, _queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));

        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(8)));

        await SeenAsync("/odom@5 /odom@8");
    }

    [Fact]
    public async Task Of_several_publishers_each_has_its_last_message_and_what_has_outlived_its_lifespan_is_gone()
    {
        var rosout = s_latched with { Lifespan = new QosDuration(2, 0) };
        var timeline = Play(
            [("/tf_static", [s_latched, s_latched, new QosProfile()]), ("/rosout", [rosout]), ("/odom", [new QosProfile()]), ("/unreadable", null)],
            [(0, 0), (0, 1), (0, 2), (1, 1), (1, 3), (2, 7), (3, 2)]);
        var cohort = Create(timeline, offset: 3);
        _engine.Run(cohort.AddSinkAsync(1, _queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(6)));

        await SeenAsync("!/rosout@1 !/tf_static@1 !/tf_static@2 /rosout@3 !/tf_static@1 !/tf_static@2");
    }

    /// <summary>As robots are recorded: latched topics in the first second, then a message a second.</summary>
    private ReplayTimeline Robot() => Play(
        [("/tf_static", [s_latched]), ("/robot_description", [s_latched]), ("/odom", [new QosProfile()])],
        [(0, 0), (1, 1), .. Enumerable.Range(2, 7).Select(second => (2, second))]);

    private ReplayTimeline Play((string Name, QosProfile[]? Qos)[] topics, (int Topic, int Second)[] messages)
    {
        using (var writer = BagWriter.Create(_folder["bag"]))
        {
            var ids = topics.Select(topic => writer.AddTopic(BagFixtures.Topic(topic.Name) with { OfferedQosProfiles = topic.Qos is null ? "- [" : QosProfile.FormatList(topic.Qos) })).ToArray();
            foreach (var (number, (topic, second)) in messages.Index()) writer.Write(ids[topic], second * Second, BagFixtures.Payload(number));
            writer.Complete();
        }
        using var recording = Recording.Open(_folder["bag"], CancellationToken.None);
        return recording.TimelineOf(topics.Select(topic => topic.Name));
    }

    private ReplayCohort Create(ReplayTimeline timeline, int repeats = 1, double offset = 0, bool repeatLatched = true) =>
        _engine.Engine.CreateCohort(HandDrivenEngine.Play(timeline, repeats: repeats) with { StartOffset = TimeSpan.FromSeconds(offset), RepeatLatched = repeatLatched });

    /// <summary>Latched messages are marked, each message has its second.</summary>
    private async Task SeenAsync(string expected, RecordingSink? sink = null)
    {
        var messages = (sink ?? _sink).Messages;
        await Wait.UntilAsync(() => messages.Count >= expected.Count(letter => letter == '@'), TimeSpan.FromSeconds(10), expected);
        Assert.Equal(expected, string.Join(' ', messages.Select(message => $"{(message.IsLatched ? "!" : "")}{message.Topic}@{message.BagTime / Second}")));
    }
}
