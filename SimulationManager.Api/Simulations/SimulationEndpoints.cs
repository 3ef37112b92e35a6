using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Simulations;

/// <summary><c>/api/simulation</c>: plans, from creation to deletion.</summary>
internal static class SimulationEndpoints
{
    public static void MapSimulationEndpoints(this RouteGroupBuilder api)
    {
        var simulations = api.MapGroup("/simulation").WithTags("Simulations");
        simulations.MapPost("", CreateAsync).WithName("CreateSimulation").WithSummary("Create a simulation").Refuses(400, 409);
        simulations.MapGet("", ListAsync).WithName("ListSimulations").WithSummary("A page of simulations").Refuses(400);
        simulations.MapGet("/summary", SummarizeAsync).WithName("ListSimulationNames").WithSummary("All ids and names");
        simulations.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteSimulation").WithSummary("Delete a simulation; it goes on after the answer").Refuses(404, 409);
        simulations.MapGet("/{id:long}/deletion", GetDeletionAsync).WithName("GetSimulationDeletion").WithSummary("How far a deletion has come").Refuses(404);
    }

    private static async Task<CreatedReply<SimulationCreated>> CreateAsync(
        SimulationCreateRequest body, SimulationService simulations, CancellationToken cancellationToken) =>
        Replies.Created(SimulationViews.Created(await simulations.CreateAsync(body, cancellationToken)), Messages.SimulationCreated);

    private static async Task<OkReply<SimulationPage>> ListAsync(
        [AsParameters] PageQuery page, [AsParameters] SimulationFilter filter, SimulationService simulations, CancellationToken cancellationToken) =>
        Replies.Ok(await simulations.ListAsync(filter, page.ToRequest(), cancellationToken), Messages.SimulationsListed);

    private static async Task<WrittenReply<IReadOnlyList<SimulationSummary>>> SummarizeAsync(
        SimulationReads simulations, CancellationToken cancellationToken) =>
        Replies.Written<IReadOnlyList<SimulationSummary>>(await simulations.GetSummaryAsync(cancellationToken), Messages.SimulationsListed);

    private static async Task<AcceptedReply<DeletionStarted>> DeleteAsync(long id, DeletionService deletions, CancellationToken cancellationToken) =>
        Replies.Accepted(await deletions.StartAsync(id, cancellationToken), Messages.DeletionStarted);

    private static async Task<OkReply<DeletionView>> GetDeletionAsync(long id, DeletionService deletions, CancellationToken cancellationToken) =>
        Replies.Ok(await deletions.GetAsync(id, cancellationToken), Messages.DeletionRead);
}
