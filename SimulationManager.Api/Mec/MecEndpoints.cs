using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Mec;

/// <summary><c>/api/mec</c>: the edge sites that a simulation's <c>mecId</c> may name.</summary>
internal static class MecEndpoints
{
    public static void MapMecEndpoints(this RouteGroupBuilder api)
    {
        var sites = api.MapGroup("/mec").WithTags("MEC");
        sites.MapGet("", ListAsync).WithName("ListMecSites").WithSummary("All edge sites");
        sites.MapPost("", CreateAsync).WithName("CreateMecSite").WithSummary("Register an edge site (admin)")
            .RequireAuthorization(BearerSetup.AdminPolicy).Refuses(400, 409);
        sites.MapPatch("/{id:long}", ChangeAsync).WithName("ChangeMecSite").WithSummary("Change an edge site (admin)")
            .RequireAuthorization(BearerSetup.AdminPolicy).Refuses(400, 404, 409);
        sites.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteMecSite").WithSummary("Remove an edge site (admin)")
            .RequireAuthorization(BearerSetup.AdminPolicy).Refuses(404);
        sites.MapPost("/{id:long}/check", CheckAsync).WithName("CheckMecSite").WithSummary("Try an edge site's endpoints from a worker: connect and publish one marked message to each (admin)")
            .RequireAuthorization(BearerSetup.AdminPolicy).Refuses(404, 409, 503);
    }

    private static async Task<OkReply<IReadOnlyList<MecView>>> ListAsync(MecService sites, CancellationToken cancellationToken) =>
        Replies.Ok(await sites.ListAsync(cancellationToken), Messages.MecListed);

    private static async Task<CreatedReply<MecView>> CreateAsync(MecCreateRequest body, MecService sites, CancellationToken cancellationToken) =>
        Replies.Created(await sites.CreateAsync(body, cancellationToken), Messages.MecCreated);

    private static async Task<OkReply<MecView>> ChangeAsync(long id, MecChangeRequest body, MecService sites, CancellationToken cancellationToken) =>
        Replies.Ok(await sites.ChangeAsync(id, body, cancellationToken), Messages.MecChanged);

    private static async Task<OkReply<MecCheck>> CheckAsync(long id, MecService sites, CancellationToken cancellationToken) =>
        Replies.Ok(await sites.CheckAsync(id, cancellationToken), Messages.MecChecked);

    private static async Task<OkReply<MecDeleted>> DeleteAsync(long id, MecService sites, CancellationToken cancellationToken) =>
        Replies.Ok(await sites.DeleteAsync(id, cancellationToken), Messages.MecDeleted);
}
