using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>What a recorder needs to know of a cohort.</summary>
public sealed record CohortRecording
{
    /// <summary>What the agents play.</summary>
    public required ReplayTimeline Timeline { get; init; }

    /// <summary>The simulation's number, a part of agents' names.</summary>
    public required string Simulation { get; init; }

    /// <summary>What is changed in payloads, and the agents' names.</summary>
    public required PayloadOptions Payloads { get; init; }

    /// <summary>Names and patterns of the topics, as they are played, without the agents' names; empty: all.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Which series of files an agent's messages go to; null: they are not recorded.</summary>
    public required Func<long, long?> SeriesOf { get; init; }

    /// <summary>The wall clock when the engine's clock was 0, nanoseconds since 1970.</summary>
    public required long WallClockZero { get; init; }

    /// <summary>Why a text is no name of a topic and no pattern of such, as a clause without its subject; null when it is.</summary>
    public static string? ProblemOfTopic(string topic) => TopicGlob.ProblemOf(topic);
}

/// <summary>
/// Takes what a cohort's agents put out, to be recorded as it appears on the wire: topics begin with the agents' names, payloads are changed as agents publish
/// them, in CDR. Agents never wait for it: what does not fit is counted as missed. For any number of threads.
/// </summary>
public sealed class CohortRecorder : IReplaySink
{
    /// <summary>Messages that may wait to be read. They are read faster than they come, unless the machine stands still or the bag is not here yet.</summary>
    private const int Capacity = 16_384;

    private readonly CohortRecording _plan;
    private readonly HeardMessages _taken;
    private readonly ViewedPayloads _payloads;
    private readonly bool[] _isChosen;
    private readonly ConcurrentDictionary<(long Agent, int Topic), HeardTopic?> _topics = [];
    private readonly TimeProvider _time;

    /// <param name="plan">What it is to know of the cohort.</param>
    /// <param name="taken">Where messages go; several cohorts may share it.</param>
    /// <param name="time">Time.</param>
    /// <param name="logger">Is told when recording breaks.</param>
    public CohortRecorder(CohortRecording plan, HeardMessages taken, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (_plan, _taken, _time) = (plan, taken, time);
        _payloads = new ViewedPayloads(plan.Timeline, plan.Payloads);
        _isChosen = [.. plan.Timeline.Topics.Append(ClockMessage.Topic).Select(ChoiceOf(plan.Topics))];
        Queue = new SinkQueue(this, Capacity, logger);
    }

    /// <summary>Where agents' messages are put in.</summary>
    public SinkQueue Queue { get; }

    /// <summary>Takes what agents have put out, who put out nothing more. What is left after a while is counted as missed.</summary>
    public async Task CompleteAsync(TimeSpan atMost)
    {
        await Queue.CompleteAsync(_ => Task.CompletedTask, atMost, _time);
        await Queue.DisposeAsync();
    }

    bool IReplaySink.Takes(in ReplayMessage message) => _isChosen[ViewedPayloads.TopicOf(message)];

    void IReplaySink.OnMissed(in ReplayMessage message) => CountMissed(message);

    void IReplaySink.OnDiscarded(in ReplayMessage message) => CountMissed(message);

    async ValueTask IReplaySink.AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        for (var index = 0; index < messages.Length; index++)
        {
            var message = messages.Span[index];
            try
            {
                var dueAt = _plan.WallClockZero + message.DueAt;
                var payload = await _payloads.ReadAsync(message, dueAt, cancellationToken);
                _taken.Add(TopicOf(message), payload, _plan.WallClockZero + message.SentAt, dueAt);
            }
            catch (BagFormatException)
            {
                // The part fails for it elsewhere; here the message is one that cannot be recorded.
                CountMissed(message);
            }
            catch (OperationCanceledException)
            {
                for (; index < messages.Length; index++) CountMissed(messages.Span[index]);
                throw;
            }
        }
    }

    private static Func<string, bool> ChoiceOf(IReadOnlyList<string> topics)
    {
        if (topics.Count == 0) return _ => true;
        Regex chosen = TopicGlob.Compile(topics);
        return chosen.IsMatch;
    }

    private void CountMissed(in ReplayMessage message)
    {
        if (TopicOf(message) is { } topic) _taken.CountMissed(topic);
        else _taken.CountMissedElsewhere();
    }

    private HeardTopic? TopicOf(in ReplayMessage message) =>
        _topics.GetOrAdd((message.Agent, ViewedPayloads.TopicOf(message)), static (key, recorder) => recorder.Make(key.Agent, key.Topic), this);

    private HeardTopic? Make(long agent, int index)
    {
        if (_plan.SeriesOf(agent) is not { } series) return null;
        var isClock = index == _plan.Timeline.Topics.Count;
        var name = isClock ? ClockMessage.Topic : _plan.Timeline.Topics[index];
        var type = isClock ? ClockMessage.Type : _plan.Timeline.Types.Count == 0 ? null : _plan.Timeline.Types[index];
        var offer = isClock || _plan.Timeline.Offers.Count == 0 ? null : _plan.Timeline.Offers[index];
        var full = $"/{RosNames.Simplify(_plan.Payloads.NameOf(_plan.Simulation, agent))}{name}";
        var encoding = type is { IsCdr: false } ? HeardTopic.Bytes : HeardTopic.Cdr;
        return _taken.TopicOf(full, type?.Name ?? "", encoding, () => new HeardTopic(full, type?.Name ?? "", encoding)
        {
            OfferedQos = QosProfile.FormatList(offer?.Profiles ?? []),
            TypeHash = offer?.TypeHash ?? "",
            Definition = type?.Text,
            Series = series,
            CountedAs = name,
        });
    }
}
