namespace SimulationManager.Worker.Executions;

/// <summary>The coordinators' grains.</summary>
internal sealed class Coordinators(IGrainFactory grains) : ICoordinators
{
    public Task<Directive> ReportAsync(RunKey run, CohortReport report) => grains.GetGrain<IExecutionCoordinator>(run.Id).Report(report);
}
