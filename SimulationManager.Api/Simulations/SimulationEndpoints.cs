using Microsoft.AspNetCore.Http.HttpResults;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Dashboard;
using SimulationManager.Api.Executions;

namespace SimulationManager.Api.Simulations;

/// <summary><c>/api/simulation</c>: plans and their runs.</summary>
internal static class SimulationEndpoints
{
    public static void MapSimulations(this RouteGroupBuilder api)
    {
        var simulations = api.MapGroup("/simulation").WithTags("Simulations");
        simulations.MapPost("", CreateAsync).WithName("CreateSimulation").WithSummary("Create a simulation").Refuses(400, 409);
        simulations.MapGet("", ListAsync).WithName("ListSimulations").WithSummary("A page of simulations")
            .WithQuery("page", "size", "pattern_type", "status", "start_date", "end_date").Refuses(400);
        simulations.MapGet("/summary", SummarizeAsync).WithName("ListSimulationNames").WithSummary("All ids and names");
        simulations.MapGet("/{id:long}", GetAsync).WithName("GetSimulation").WithSummary("One simulation with its plan")
            .WithQuery("view").Refuses(400, 404);
        simulations.MapGet("/{id:long}/status", GetStatusAsync).WithName("GetSimulationStatus").WithSummary("How the last run stands").Refuses(404);
        simulations.MapPost("/{id:long}/start", StartAsync).WithName("StartSimulation").WithSummary("Start a run").Refuses(404, 409, 503);
        simulations.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteSimulation").WithSummary("Delete a simulation; it goes on after the answer").Refuses(404, 409);
        simulations.MapGet("/{id:long}/deletion", GetDeletionAsync).WithName("GetSimulationDeletion").WithSummary("How far a deletion has come").Refuses(404);
    }

    private static async Task<CreatedReply<SimulationCreated>> CreateAsync(
        SimulationCreateRequest body, SimulationService simulations, CancellationToken cancellationToken) =>
        Replies.Created(SimulationViews.Created(await simulations.CreateAsync(body, cancellationToken)), Messages.SimulationCreated);

    private static async Task<OkReply<SimulationPage>> ListAsync(
        HttpRequest request, SimulationService simulations, CancellationToken cancellationToken) =>
        Replies.Ok(await simulations.ListAsync(SimulationFilter.Read(request.Query), cancellationToken), Messages.SimulationsListed);

    private static async Task<WrittenReply<IReadOnlyList<SimulationSummary>>> SummarizeAsync(
        SimulationReads simulations, CancellationToken cancellationToken) =>
        Replies.Written<IReadOnlyList<SimulationSummary>>(await simulations.GetSummaryAsync(cancellationToken), Messages.SimulationsListed);

    private static async Task<Results<OkReply<SimulationDetail>, OkReply<SimulationDashboard>>> GetAsync(
        long id, HttpRequest request, SimulationService simulations, DashboardService dashboards, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var view = query.Word(SimulationViewWords.ByWord, "view") ?? SimulationViewKind.Detail;
        query.EnsureValid();
        return view == SimulationViewKind.Detail
            ? Replies.Ok(await simulations.GetDetailAsync(id, cancellationToken), Messages.SimulationRead)
            : Replies.Ok(await dashboards.GetAsync(id, cancellationToken), Messages.SimulationRead);
    }

    private static async Task<OkReply<SimulationStatusView>> GetStatusAsync(
        long id, ExecutionService executions, RunTexts texts, CancellationToken cancellationToken)
    {
        var state = await executions.GetLatestStateAsync(id, cancellationToken);
        return Replies.Ok(ExecutionViews.StatusOf(state, texts), Messages.StatusRead);
    }

    private static async Task<OkReply<SimulationStarted>> StartAsync(long id, ExecutionStarter starter, CancellationToken cancellationToken) =>
        Replies.Ok(await starter.StartAsync(id, cancellationToken), Messages.SimulationStarted);

    private static async Task<AcceptedReply<DeletionStarted>> DeleteAsync(long id, DeletionService deletions, CancellationToken cancellationToken) =>
        Replies.Accepted(await deletions.StartAsync(id, cancellationToken), Messages.DeletionStarted);

    private static async Task<OkReply<DeletionView>> GetDeletionAsync(long id, DeletionService deletions, CancellationToken cancellationToken) =>
        Replies.Ok(await deletions.GetAsync(id, cancellationToken), Messages.DeletionRead);
}
