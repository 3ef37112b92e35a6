namespace SimulationManager.Worker.Executions;

/// <summary>The coordinators' grains.</summary>
public sealed class Coordinators(IGrainFactory grains) : ICoordinators
{
    public Task<Directive> ReportAsync(RunKey run, CohortReport report) => Of(run).Report(report);

    /// <summary>Resumes a run whose coordinator may have been lost.</summary>
    public Task ActivateAsync(RunKey run) => Of(run).Activate();

    private IRunGrain Of(RunKey run) => run.Kind == RunKind.Execution ? grains.GetGrain<IExecutionCoordinator>(run.Id) : grains.GetGrain<IInstanceCoordinator>(run.Id);
}
