using System.Security.Claims;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary><c>/api/simulation/{id}/execution/{executionId}/rosbridge</c>: a run's agents as the robots behind a rosbridge server.</summary>
internal static class RosbridgeEndpoints
{
    public static void MapRosbridge(this RouteGroupBuilder api) =>
        api.MapGet("/simulation/{id:long}/execution/{executionId:long}/rosbridge", ServeAsync).WithTags("Executions").WithName("ListenByRosbridge")
            .WithSummary("The agents of a run, for web pages that speak rosbridge 2 (WebSocket)")
            .WithDescription(
                "Topics are `/<agent>/<topic>`; `subscribe` heeds `compression` (`none`, `png`, `cbor`, `cbor-raw`), `throttle_rate`, `queue_length` and `fragment_size`, and "
                + "`call_service` answers the services of `rosapi` that tell topics, types and nodes. Browsers give the access token as the query parameter `access_token`. "
                + "The connection ends with the run, and when the token expires.")
            .WithMetadata(new TokenInQuery(), new ProducesResponseTypeMetadata(StatusCodes.Status101SwitchingProtocols))
            .Refuses(400, 404, 409, 503);

    private static async Task ServeAsync(
        long id, long executionId, HttpContext context, ClaimsPrincipal caller, ExecutionService executions, ExecutionFeeds feeds, WorkerConnection worker,
        IHostApplicationLifetime lifetime, TimeProvider time)
    {
        await executions.RefuseIfEndedAsync(id, executionId, context.RequestAborted);
        if (!context.WebSockets.IsWebSocketRequest) throw Refuse.BadRequest(Messages.WebSocketNeeded);
        worker.RefuseIfAway();
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var expiry = new CancellationTokenSource(caller.TimeUntilExpiry(time), time);
        using var counted = ApiTelemetry.CountViewer();
        var execution = new WatchedExecution(id, executionId);
        using var viewer = new RosbridgeViewer(socket, time);
        var feed = feeds.Join(execution, viewer);
        try
        {
            await viewer.RunAsync(feed, expiry.Token, lifetime.ApplicationStopping);
        }
        finally
        {
            await feeds.LeaveAsync(execution, viewer);
        }
    }
}
