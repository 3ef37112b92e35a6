using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>What cohorts report to the grain that coordinates their execution; the same grain as <c>IExecutionGrain</c>.</summary>
public interface IExecutionCoordinator : IGrainWithIntegerKey
{
    /// <summary>Reports how a cohort is doing and returns what it is to do.</summary>
    Task<Directive> Report(CohortReport report);
}

/// <summary>One silo; its key names it, see <see cref="SiloKey"/>. Every call may be repeated or get lost.</summary>
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>What the silo has to do.</summary>
    Task<SiloLoad> GetLoad(IReadOnlyList<PlannedFile> bundle);

    /// <summary>Asks the silo to play a cohort that is assigned to it. Returns at once; the cohort's reports say the rest.</summary>
    Task Play(CohortKey cohort);

    /// <summary>Sends a directive that a cohort would else get in the answer to its next report.</summary>
    Task Follow(CohortKey cohort, Directive directive);
}
