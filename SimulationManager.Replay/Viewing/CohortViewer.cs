using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>A message as a viewer sees it.</summary>
/// <param name="Agent">The agent's number.</param>
/// <param name="Topic">Index in <see cref="CohortViewer.Topics"/>.</param>
/// <param name="DueAt">When it was due by the wall clock, nanoseconds since 1970.</param>
/// <param name="BagTime">Its recorded time, nanoseconds since 1970.</param>
/// <param name="IsLatched">True for one of the past, which its publisher keeps for whoever joins later.</param>
/// <param name="Payload">The payload, changed as agents publish it; not to be written to.</param>
public readonly record struct ViewedMessage(long Agent, int Topic, long DueAt, long BagTime, bool IsLatched, byte[] Payload);

/// <summary>A topic as a viewer sees it.</summary>
/// <param name="Name">The ROS name that it is played under.</param>
/// <param name="Type">Its type; null when nobody knows it.</param>
/// <param name="LatchedDepth">How many of its last messages are for whoever joins later; 0: none.</param>
public sealed record ViewedTopic(string Name, RecordedType? Type, int LatchedDepth)
{
    /// <summary>The topics of a timeline in its order.</summary>
    public static IEnumerable<ViewedTopic> Of(ReplayTimeline timeline)
    {
        ArgumentNullException.ThrowIfNull(timeline);
        var latched = timeline.Latched.ToDictionary(topic => topic.TopicOf(timeline), topic => topic.Depth);
        return timeline.Topics.Select((name, index) => new ViewedTopic(name, timeline.Types.Count == 0 ? null : timeline.Types[index], latched.GetValueOrDefault(index)));
    }
}

/// <summary>
/// Shows chosen topics of a cohort's agents, with payloads in CDR and changed as agents publish them. Nothing waits for it: what its taker has no room
/// for is the taker's loss. For any number of threads.
/// </summary>
public sealed class CohortViewer : IReplaySink, IAsyncDisposable
{
    /// <summary>Messages that may wait to be read. They are read faster than they come, unless the machine stands still or the bag is not here yet.</summary>
    private const int Capacity = 4096;

    private readonly ReplayCohort _cohort;
    private readonly Action<ViewedMessage> _show;
    private readonly Action _onMissed;
    private readonly ViewedPayloads _payloads;
    private readonly long _wallClockZero;
    private readonly SinkQueue _queue;
    private volatile FrozenDictionary<long, FrozenSet<int>> _chosen = FrozenDictionary<long, FrozenSet<int>>.Empty;

    /// <summary>Shows nothing before <see cref="ChooseAsync"/>.</summary>
    /// <param name="cohort">The agents.</param>
    /// <param name="payloads">What is changed in payloads.</param>
    /// <param name="wallClockZero">The wall clock when the engine's clock was 0, nanoseconds since 1970.</param>
    /// <param name="show">Takes a message; must not wait. One call at a time.</param>
    /// <param name="onMissed">Is told of a message that was put out faster than it could be shown; must not wait.</param>
    /// <param name="logger">Is told when the viewer breaks.</param>
    public CohortViewer(ReplayCohort cohort, PayloadOptions payloads, long wallClockZero, Action<ViewedMessage> show, Action onMissed, ILogger logger)
    {
        (_cohort, _show, _onMissed, _wallClockZero) = (cohort, show, onMissed, wallClockZero);
        _payloads = new ViewedPayloads(cohort.Timeline, payloads);
        _queue = new SinkQueue(this, Capacity, logger);
        Topics = [.. ViewedTopic.Of(cohort.Timeline), new ViewedTopic(ClockMessage.Topic, ClockMessage.Type, 0)];
    }

    /// <summary>The topics of the timeline in its order, and the clock at the end.</summary>
    public IReadOnlyList<ViewedTopic> Topics { get; }

    /// <summary>Chooses what is shown from now on, instead of what was. Of topics that an agent was not chosen for before, what is latched comes first. One call at a time.</summary>
    /// <param name="topics">Indexes of topics by the number of the agent; agents that are not of the cohort are passed over.</param>
    public async Task ChooseAsync(IReadOnlyDictionary<long, int[]> topics)
    {
        var agents = _cohort.InstanceIds.ToHashSet();
        var before = _chosen;
        var chosen = _chosen = topics.Where(choice => agents.Contains(choice.Key) && choice.Value.Length > 0).ToFrozenDictionary(choice => choice.Key, choice => choice.Value.ToFrozenSet());
        foreach (var (agent, wanted) in chosen)
        {
            var had = before.GetValueOrDefault(agent, []);
            if (!wanted.IsSubsetOf(had)) await TryAsync(() => _cohort.AddSinkAsync(agent, _queue, topic => wanted.Contains(topic) && !had.Contains(topic)));
        }
        foreach (var agent in before.Keys.Where(agent => !chosen.ContainsKey(agent))) await TryAsync(() => _cohort.RemoveSinkAsync(agent, _queue));
    }

    /// <summary>Shows what agents have put out, and nothing more. Once the cohort has ended or plays elsewhere.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _chosen.Keys) await TryAsync(() => _cohort.RemoveSinkAsync(agent, _queue));
        await _queue.CompleteAsync();
        await _queue.DisposeAsync();
    }

    /// <summary>Shows nothing more, also of what agents have put out already.</summary>
    public async ValueTask DiscardAsync()
    {
        foreach (var agent in _chosen.Keys) await TryAsync(() => _cohort.RemoveSinkAsync(agent, _queue));
        await _queue.DisposeAsync();
    }

    bool IReplaySink.Takes(in ReplayMessage message) => _chosen.TryGetValue(message.Agent, out var topics) && topics.Contains(ViewedPayloads.TopicOf(message));

    void IReplaySink.OnMissed(in ReplayMessage message) => _onMissed();

    async ValueTask IReplaySink.AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        for (var index = 0; index < messages.Length; index++)
        {
            var message = messages.Span[index];
            try
            {
                var dueAt = _wallClockZero + message.DueAt;
                var payload = await _payloads.ReadAsync(message, dueAt, cancellationToken);
                _show(new ViewedMessage(message.Agent, ViewedPayloads.TopicOf(message), dueAt, message.BagTime, message.IsLatched, payload));
            }
            catch (Rosbag2.BagFormatException)
            {
                // The part fails for it elsewhere; here the message is one that cannot be shown.
                _onMissed();
            }
        }
    }

    /// <summary>Changes an agent; one that has gone elsewhere meanwhile, or an engine that is disposed, has nothing to show any more.</summary>
    private static async Task TryAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (Exception exception) when (exception is KeyNotFoundException or OperationCanceledException)
        {
            // Nothing is left to be changed.
        }
    }
}
