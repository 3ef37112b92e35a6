using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Executions;

/// <summary><c>/api/simulation/{id}</c>: starts a simulation's run and tells how the last one stands.</summary>
internal static class LatestRunEndpoints
{
    public static void MapLatestRunEndpoints(this RouteGroupBuilder api)
    {
        var simulation = api.MapGroup("/simulation/{id:long}").WithTags("Simulations");
        simulation.MapGet("/status", GetStatusAsync).WithName("GetSimulationStatus").WithSummary("How the last run stands").Refuses(404);
        simulation.MapPost("/start", StartAsync).WithName("StartSimulation").WithSummary("Start a run").Refuses(404, 409, 503);
    }

    private static async Task<OkReply<SimulationStatusView>> GetStatusAsync(
        long id, ExecutionService executions, RunTexts texts, CancellationToken cancellationToken)
    {
        var state = await executions.GetLatestStateAsync(id, cancellationToken);
        return Replies.Ok(ExecutionViews.StatusOf(state, texts), Messages.StatusRead);
    }

    private static async Task<OkReply<SimulationStarted>> StartAsync(long id, ExecutionStarter starter, CancellationToken cancellationToken) =>
        Replies.Ok(await starter.StartAsync(id, cancellationToken), Messages.SimulationStarted);
}
