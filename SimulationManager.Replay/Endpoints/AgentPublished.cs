namespace SimulationManager.Replay;

/// <summary>What became of one agent's messages at one endpoint, all at the same time.</summary>
/// <param name="Counts">The counts.</param>
/// <param name="Pending">The messages of which it is not known yet.</param>
public sealed record AgentPublished(PublishCounts Counts, PendingMessages Pending);

/// <summary>Messages of one agent that an endpoint has not got, or has not acknowledged yet. Ticks of the clock and latched messages that are shown again are left out.</summary>
/// <param name="Waiting">Put out, and not handed over to the network; in the agent's order.</param>
/// <param name="Unacknowledged">Handed over, and in <see cref="PublishCounts.Out"/>, but not acknowledged; in the agent's order.</param>
public sealed record PendingMessages(IReadOnlyList<MessageRun> Waiting, IReadOnlyList<MessageRun> Unacknowledged)
{
    /// <summary>None.</summary>
    public static PendingMessages None { get; } = new([], []);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Waiting.Count == 0 && Unacknowledged.Count == 0;

    /// <summary>The messages, with whether they were handed over before; each list in the agent's order.</summary>
    /// <param name="agent">The agent's number.</param>
    /// <param name="timeline">What it plays.</param>
    /// <param name="now">When they are due now, in nanoseconds of the engine's clock.</param>
    internal IEnumerable<(ReplayMessage Message, bool IsOut)> MessagesOf(long agent, ReplayTimeline timeline, long now)
    {
        foreach (var (runs, isOut) in new[] { (Unacknowledged, true), (Waiting, false) })
        {
            foreach (var run in runs)
            {
                for (var index = run.First; index < run.First + run.Count; index++)
                    yield return (new ReplayMessage(agent, timeline, index, run.Repeat, now, long.MinValue, timeline.Start + timeline.PositionOf(index)), isOut);
            }
        }
    }

    /// <summary>These counts, when the messages will not be published any more.</summary>
    public PublishCounts CountLost(PublishCounts counts)
    {
        long[] lost = [.. counts.Lost];
        lost[(int)LossReason.Ended] += Waiting.Sum(run => run.Count);
        lost[(int)LossReason.Unacknowledged] += Unacknowledged.Sum(run => run.Count);
        return counts with { Lost = lost };
    }
}
