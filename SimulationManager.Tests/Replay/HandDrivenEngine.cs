using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>An engine whose time the test moves, and which runs only when the test says so.</summary>
internal sealed class HandDrivenEngine : IDisposable
{
    public HandDrivenEngine(ReplayOptions? options = null) =>
        Engine = ReplayEngine.DrivenByHand(options ?? new ReplayOptions { Lanes = 2 }, Time);

    public ManualTime Time { get; } = new();
    public ReplayEngine Engine { get; }

    /// <summary>A timeline with messages at these milliseconds, on one topic unless told otherwise.</summary>
    public static ReplayTimeline Timeline(params double[] milliseconds) =>
        TimelineOf([.. milliseconds.Select(time => ((long)(time * 1e6), 0))], ["/a"]);

    public static ReplayTimeline TimelineOf((long Position, int Topic)[] messages, string[] topics, long? duration = null) => new(
        [.. messages.Select(message => message.Position)],
        [.. messages.Select(message => (ushort)message.Topic)],
        [.. messages.Select(_ => 10)],
        topics,
        duration ?? (messages.Length == 0 ? 0 : messages[^1].Position));

    public ReplayCohort Begin(CohortPlay play, TimeSpan? limit = null)
    {
        var cohort = Engine.CreateCohort(play);
        Run(cohort.BeginAsync(limit ?? TimeSpan.FromHours(1)));
        return cohort;
    }

    public ReplayCohort Begin(ReplayTimeline timeline, int agents = 1, int repeats = 1, TimeSpan? limit = null) =>
        Begin(Play(timeline, agents, repeats), limit);

    public static CohortPlay Play(ReplayTimeline timeline, int agents = 1, int repeats = 1) => new()
    {
        Key = Guid.NewGuid().ToString(),
        Timeline = timeline,
        InstanceIds = [.. Enumerable.Range(1, agents).Select(id => (long)id)],
        RepeatCount = repeats,
    };

    /// <summary>Moves the time and puts out what has fallen due.</summary>
    public void Advance(double milliseconds)
    {
        Time.AdvanceNanoseconds((long)(milliseconds * 1e6));
        Engine.RunDue();
    }

    /// <summary>Lets the lanes carry a command out.</summary>
    public void Run(Task command)
    {
        Engine.RunDue();
        // The lanes have done it; only the task that gathers them may still be on its way through the thread pool.
        Assert.True(command.Wait(TimeSpan.FromSeconds(10)));
    }

    public AgentCheckpoint[] Snapshot(ReplayCohort cohort)
    {
        var snapshot = cohort.SnapshotAsync();
        Run(snapshot);
        return [.. snapshot.GetAwaiter().GetResult().Agents.OrderBy(agent => agent.InstanceId)];
    }

    public AgentCheckpoint SnapshotOne(ReplayCohort cohort) => Assert.Single(Snapshot(cohort));

    public void Dispose() => Engine.Dispose();
}
