using SimulationManager.Core.Model;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What cohorts say to the grain that coordinates their execution; the same grain as <c>IExecutionGrain</c>.</summary>
public interface IExecutionCoordinator : IGrainWithIntegerKey
{
    /// <summary>Tells how a cohort is doing. False: it has been replaced and must let its agents go.</summary>
    Task<bool> Report(CohortReport report);
}

/// <summary>The agents of one part that one silo plays. Its key names the silo, on which alone it lives; see <see cref="SiloKey"/>.</summary>
public interface ICohortGrain : IGrainWithStringKey
{
    /// <summary>Fetches and opens the bundle and registers the agents; they do not play yet.</summary>
    [ResponseTimeout("01:00:00")]
    Task<CohortReadiness> Prepare(CohortOrder order);

    /// <summary>Lets the agents play; they end after <paramref name="limit"/>.</summary>
    Task Begin(TimeSpan limit, bool paused);

    /// <summary>How it is doing; null when this silo does not know the cohort.</summary>
    Task<CohortReport?> GetReport();

    Task Pause();

    Task Resume();

    Task Seek(TimeSpan position);

    Task SetRate(double rate);

    /// <summary>Ends agents that still play and returns all outcomes; null when this silo does not know the cohort.</summary>
    Task<CohortOutcome?> End();

    /// <summary>Forgets the cohort and its instances.</summary>
    Task Release();
}

/// <summary>One silo; its key names it, see <see cref="SiloKey"/>.</summary>
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>What the silo has to do.</summary>
    Task<SiloLoad> GetLoad(IReadOnlyList<PlannedFile> bundle);
}

/// <summary>One agent of an execution; its key is <c>&lt;executionId&gt;/&lt;instanceId&gt;</c>.</summary>
public interface IInstanceGrain : IGrainWithStringKey
{
    /// <summary>Joins a cohort that this silo's engine knows.</summary>
    Task Join(string cohort, long instanceId);

    /// <summary>Where the agent is; null when it does not play.</summary>
    Task<AgentCheckpoint?> GetState();

    /// <summary>Leaves its cohort.</summary>
    Task Leave();
}
