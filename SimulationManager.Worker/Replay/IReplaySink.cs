namespace SimulationManager.Worker.Replay;

/// <summary>One message that an agent has put out.</summary>
/// <param name="Agent">The agent's number within its cohort.</param>
/// <param name="Timeline">The bag's timeline, which also reads the payload.</param>
/// <param name="Index">The message's index in the timeline.</param>
/// <param name="Repeat">Which pass of the bag it belongs to, from 0.</param>
/// <param name="DueAt">When it was due, in nanoseconds of the engine's clock.</param>
/// <param name="SentAt">When it went out, in nanoseconds of the engine's clock.</param>
public readonly record struct ReplayMessage(long Agent, ReplayTimeline Timeline, int Index, int Repeat, long DueAt, long SentAt)
{
    /// <summary>The topic's recorded name.</summary>
    public string Topic => Timeline.Topics[Timeline.TopicOf(Index)];
}

/// <summary>
/// Takes what agents put out: a viewer, a network. The engine never waits for it: messages go through a bounded queue, and
/// what does not fit is counted as missed by this sink alone.
/// </summary>
public interface IReplaySink
{
    /// <summary>Takes one message; may take its time.</summary>
    ValueTask AcceptAsync(ReplayMessage message, CancellationToken cancellationToken);
}
