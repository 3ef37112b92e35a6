using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Instances;

/// <summary><c>/api/instance</c>: agents that people add to simulations by hand.</summary>
internal static class InstanceEndpoints
{
    public static void MapInstanceEndpoints(this RouteGroupBuilder api)
    {
        var instances = api.MapGroup("/instance").WithTags("Instances");
        instances.MapPost("", CreateAsync).WithName("CreateInstances").WithSummary("Add agents to a simulation").Refuses(400, 409);
        instances.MapGet("", ListAsync).WithName("ListInstances").WithSummary("Agents that were added by hand").Refuses(400);
        instances.MapGet("/{id:long}", GetAsync).WithName("GetInstance").WithSummary("One agent").Refuses(404);
        instances.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteInstance").WithSummary("Remove an agent that does not play").Refuses(404, 409);
        instances.MapPost("/status", StatusAsync).WithName("GetInstanceStatus").WithSummary("Whether agents play").Refuses(400, 404);
        instances.MapPost("/action", ActAsync).WithName("ActOnInstances").WithSummary("Start or stop agents").Refuses(400, 404, 409, 503);
    }

    private static async Task<CreatedReply<IReadOnlyList<InstanceCreated>>> CreateAsync(
        InstanceCreateRequest body, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Created(await instances.CreateAsync(body, cancellationToken), Messages.InstancesCreated);

    private static async Task<OkReply<IReadOnlyList<InstanceListItem>>> ListAsync(
        [AsParameters] OfSimulation of, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Ok(await instances.ListAsync(of.SimulationId, cancellationToken), Messages.InstancesListed);

    private static async Task<OkReply<InstanceDetail>> GetAsync(long id, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Ok(await instances.GetAsync(id, cancellationToken), Messages.InstanceRead);

    private static async Task<OkReply<InstanceDeleted>> DeleteAsync(long id, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Ok(await instances.DeleteAsync(id, cancellationToken), Messages.InstanceDeleted);

    private static async Task<OkReply<IReadOnlyList<InstanceRunningStatus>>> StatusAsync(
        InstanceIdsRequest body, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Ok(await instances.StatusAsync(body.InstanceIds!, cancellationToken), Messages.InstancesListed);

    private static async Task<OkReply<InstanceActionDone>> ActAsync(
        InstanceActionRequest body, InstanceService instances, CancellationToken cancellationToken) =>
        Replies.Ok(await instances.ActAsync(body, cancellationToken), Messages.InstanceActionDone);
}
