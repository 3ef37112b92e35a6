using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The grain that coordinates a run, as workers call it; its key is the run's id. Every call may be repeated.</summary>
public interface IRunGrain : IGrainWithIntegerKey
{
    /// <summary>Resumes the run where an earlier activation left it; one that has ended stays so.</summary>
    Task Activate();

    /// <summary>Reports how a cohort is doing and returns what it is to do.</summary>
    Task<Directive> Report(CohortReport report);
}

/// <summary>The grain of an execution; the same as <c>IExecutionGrain</c>.</summary>
public interface IExecutionCoordinator : IRunGrain;

/// <summary>The grain of a manual instance; the same as <c>IManualInstanceGrain</c>.</summary>
public interface IInstanceCoordinator : IRunGrain;

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
