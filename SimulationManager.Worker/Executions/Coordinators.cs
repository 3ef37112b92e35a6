namespace SimulationManager.Worker.Executions;

/// <summary>The coordinators' grains.</summary>
internal sealed class Coordinators(IGrainFactory grains) : ICoordinators
{
    public Task<Directive> ReportAsync(long executionId, CohortReport report) => grains.GetGrain<IExecutionCoordinator>(executionId).Report(report);
}
