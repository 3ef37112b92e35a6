using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.Contract;
using SimulationManager.Api.OpenApi;
using SimulationManager.Api.Simulations;

namespace SimulationManager.Api.Dashboard;

/// <summary>Which view of a simulation is wanted.</summary>
public sealed record SimulationViewQuery
{
    private const string Dashboard = "dashboard";

    [FromQuery(Name = "view"), AllowedValues("detail", Dashboard), Description("`detail` when left out.")]
    public string? View { get; init; }

    public bool IsDashboard => string.Equals(View, Dashboard, StringComparison.OrdinalIgnoreCase);
}

/// <summary><c>/api/simulation/{id}</c>: one simulation, in the view that is asked for.</summary>
internal static class SimulationViewEndpoints
{
    public static void MapSimulationViewEndpoints(this RouteGroupBuilder api) =>
        api.MapGroup("/simulation").WithTags("Simulations")
            .MapGet("/{id:long}", GetAsync).WithName("GetSimulation").WithSummary("One simulation with its plan")
            .Refuses(400, 404).AddOpenApiOperationTransformer(DescribeViewsAsync);

    private static async Task<Results<OkReply<SimulationDetail>, OkReply<SimulationDashboard>>> GetAsync(
        long id, [AsParameters] SimulationViewQuery query, SimulationViewService views, CancellationToken cancellationToken) =>
        query.IsDashboard
            ? Replies.Ok(await views.GetDashboardAsync(id, cancellationToken), Messages.SimulationRead)
            : Replies.Ok(await views.GetDetailAsync(id, cancellationToken), Messages.SimulationRead);

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
