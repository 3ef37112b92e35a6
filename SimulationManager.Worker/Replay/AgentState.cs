namespace SimulationManager.Worker.Replay;

/// <summary>What an agent is doing.</summary>
public enum AgentState
{
    /// <summary>Registered, not begun.</summary>
    Ready,
    Playing,
    Paused,

    /// <summary>Has played all its passes.</summary>
    Completed,

    /// <summary>The time limit of its step or group passed first.</summary>
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
/// <param name="InstanceId">The agent's number within its execution.</param>
/// <param name="State">What it is doing.</param>
/// <param name="RepeatsDone">Passes it has finished.</param>
/// <param name="Next">Index in the timeline of the message that it puts out next.</param>
/// <param name="Position">Nanoseconds into the pass it is playing; negative: how much time is left until that starts.</param>
/// <param name="MessagesOut">Messages it has put out.</param>
/// <param name="Dropped">Messages it has left out because they were too late.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Released">Of the messages that it was let put out while it was paused, those that it owes no more; see <see cref="Playback.Released"/>.</param>
[GenerateSerializer, Immutable]
public readonly record struct AgentCheckpoint(
    [property: Id(0)] long InstanceId,
    [property: Id(1)] AgentState State,
    [property: Id(2)] int RepeatsDone,
    [property: Id(3)] int Next,
    [property: Id(4)] long Position,
    [property: Id(5)] long MessagesOut,
    [property: Id(6)] long Dropped,
    [property: Id(7)] string? Error = null,
    [property: Id(8)] long Released = 0);

/// <summary>All agents of a cohort at one time.</summary>
/// <param name="Agents">Where each agent is.</param>
/// <param name="Lateness">Lateness of everything that the cohort has put out.</param>
public sealed record CohortSnapshot(AgentCheckpoint[] Agents, LatenessHistogram Lateness);

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
    public static ReplayWindow Of(CohortPlay play)
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
