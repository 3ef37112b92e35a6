namespace SimulationManager.Replay;

/// <summary>What an agent is doing. Checkpoints are stored with these numbers.</summary>
public enum AgentState
{
    /// <summary>Registered, not begun.</summary>
    Ready,

    /// <summary>Puts out its messages.</summary>
    Playing,

    /// <summary>Holds, with its time limit, until it is resumed.</summary>
    Paused,

    /// <summary>Has played all its passes.</summary>
    Completed,

    /// <summary>Its time limit passed first.</summary>
    LimitReached,

    /// <summary>Was ended by a command.</summary>
    Stopped,

    /// <summary>Could not go on; see its error.</summary>
    Failed,
}

/// <summary>Questions about an <see cref="AgentState"/>.</summary>
public static class AgentStates
{
    /// <summary>True once the agent will put out nothing more.</summary>
    public static bool HasEnded(this AgentState state) => state >= AgentState.Completed;
}

/// <summary>Where an agent is: enough to go on with it elsewhere without losing or repeating a message.</summary>
/// <param name="InstanceId">The agent's number within its cohort.</param>
/// <param name="State">What it is doing.</param>
/// <param name="RepeatsDone">Passes that it has finished.</param>
/// <param name="Next">Index in the timeline of the message that it puts out next.</param>
/// <param name="Position">Nanoseconds into the pass it is playing; negative: how much time is left until that starts.</param>
/// <param name="MessagesOut">Messages it has put out.</param>
/// <param name="Dropped">Messages it has left out because they were too late.</param>
/// <param name="Error">Why it failed; null when it has not.</param>
/// <param name="Released">Of the messages that it was let put out while it was paused, those that it owes no more; see <see cref="Playback.Released"/>.</param>
/// <param name="Faults">Messages that faults have met.</param>
/// <param name="FaultStarts">Where it was when injected faults reached it that count from there; null: there are none.</param>
public readonly record struct AgentCheckpoint(
    long InstanceId,
    AgentState State,
    int RepeatsDone,
    int Next,
    long Position,
    long MessagesOut,
    long Dropped,
    string? Error = null,
    long Released = 0,
    FaultCounts Faults = default,
    FaultStart[]? FaultStarts = null)
{
    /// <summary>Whether it has not begun: where it begins, its plan says.</summary>
    public bool IsAtStart => this with { Released = 0, FaultStarts = null } == new AgentCheckpoint(InstanceId, AgentState.Ready, 0, 0, 0, 0, 0);
}

/// <summary>All agents of a cohort at one time.</summary>
/// <param name="Agents">Where each agent is.</param>
/// <param name="Lateness">Lateness, in microseconds, of everything that the cohort has put out.</param>
/// <param name="Published">What became of each agent's messages up to where it is, by its number and endpoint; empty unless it was asked for.</param>
public sealed record CohortSnapshot(AgentCheckpoint[] Agents, LatenessHistogram Lateness, IReadOnlyDictionary<long, AgentPublished[]> Published);

/// <summary>The part of a timeline that one pass plays.</summary>
/// <param name="First">Index of the first message.</param>
/// <param name="End">Index after the last message.</param>
/// <param name="Start">Position at which a pass starts, in nanoseconds of the bag.</param>
/// <param name="Length">Nanoseconds of one pass.</param>
public readonly record struct ReplayWindow(int First, int End, long Start, long Length)
{
    /// <summary>Messages in one pass.</summary>
    public int Count => End - First;

    /// <summary>What start offset, playback duration and end leave of a timeline: an offset past the end, or an end before the offset, leaves nothing.</summary>
    internal static ReplayWindow Of(CohortPlay play)
    {
        var (timeline, start) = (play.Timeline, ReplayTimeline.PositionAt(play.StartOffset));
        var end = Math.Min(EndOf(play, start), timeline.Duration);
        return end < start
            ? new ReplayWindow(timeline.Count, timeline.Count, Math.Min(start, timeline.Duration), 0)
            : new ReplayWindow(timeline.FirstAtOrAfter(start), timeline.FirstAtOrAfter(end + 1), start, end - start);
    }

    private static long EndOf(CohortPlay play, long start)
    {
        var byDuration = play.PlaybackDuration is { } duration ? start + ReplayTimeline.PositionAt(duration) : -1;
        var byTime = play.PlaybackUntil is { } until && until >= play.Timeline.Start ? ReplayTimeline.PositionBetween(play.Timeline.Start, until) : -1;
        return play.PlaybackDuration is null && play.PlaybackUntil is null ? play.Timeline.Duration : Math.Max(byDuration, byTime);
    }
}
