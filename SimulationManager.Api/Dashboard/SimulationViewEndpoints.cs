using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;
using SimulationManager.Api.OpenApi;
using SimulationManager.Api.Simulations;

namespace SimulationManager.Api.Dashboard;

/// <summary><c>/api/simulation/{id}</c>: one simulation, in the view that is asked for.</summary>
internal static class SimulationViewEndpoints
{
    public static void MapSimulationViewEndpoints(this RouteGroupBuilder api) =>
        api.MapGroup("/simulation").WithTags("Simulations")
            .MapGet("/{id:long}", GetAsync).WithName("GetSimulation").WithSummary("One simulation with its plan")
            .WithQuery("view").Refuses(400, 404).AddOpenApiOperationTransformer(DescribeViewsAsync);

    private static async Task<Results<OkReply<SimulationDetail>, OkReply<SimulationDashboard>>> GetAsync(
        long id, HttpRequest request, SimulationViewService views, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var view = query.Word(SimulationViewWords.ByWord, "view") ?? SimulationViewKind.Detail;
        query.EnsureValid();
        return view == SimulationViewKind.Detail
            ? Replies.Ok(await views.GetDetailAsync(id, cancellationToken), Messages.SimulationRead)
            : Replies.Ok(await views.GetDashboardAsync(id, cancellationToken), Messages.SimulationRead);
    }

    /// <summary>One address, two views: the framework keeps only the last type of a status.</summary>
    private static async Task DescribeViewsAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken) =>
        operation.SuccessContent().Schema = new OpenApiSchema
        {
            OneOf =
            [
                await context.GetOrCreateSchemaAsync(typeof(Envelope<SimulationDetail>), null, cancellationToken),
                await context.GetOrCreateSchemaAsync(typeof(Envelope<SimulationDashboard>), null, cancellationToken),
            ],
        };
}
