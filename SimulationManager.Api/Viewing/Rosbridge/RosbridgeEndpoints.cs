using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Viewing.Feeds;
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
                + "`call_service` answers the services of `rosapi` that tell topics, types and nodes. Browsers give the access token as the query parameter `access_token`; pages of this server need only their cookie. "
                + "The connection ends with the run, and when the token expires.")
            .WithMetadata(new TokenForPages(), new ProducesResponseTypeMetadata(StatusCodes.Status101SwitchingProtocols))
            .Refuses(400, 404, 409, 503);

    private static Task ServeAsync(long id, long executionId, HttpContext context, ViewerHost host, TimeProvider time) =>
        host.ServeAsync(context, new WatchedExecution(id, executionId), subprotocol: null, socket => new RosbridgeViewer(socket, time));
}
