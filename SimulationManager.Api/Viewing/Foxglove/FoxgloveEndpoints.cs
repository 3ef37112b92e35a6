using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Executions;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>How frames are named.</summary>
internal sealed record FramesQuery
{
    private const string Recorded = "recorded", Prefixed = "prefixed";

    [FromQuery(Name = "frames"), AllowedValues(Recorded, Prefixed)]
    [Description("`prefixed`: names of coordinate frames begin with those of agents, in transforms and in headers; `recorded`, or left out: payloads are as agents publish them.")]
    public string? Frames { get; init; }

    /// <summary>As the viewer takes it.</summary>
    public AgentFrames? ToFrames() => string.Equals(Frames, Prefixed, StringComparison.OrdinalIgnoreCase) ? new AgentFrames() : null;
}

/// <summary><c>/api/simulation/{id}/execution/{executionId}/live</c>: a run's agents in Foxglove and what speaks its protocol.</summary>
internal static class FoxgloveEndpoints
{
    public static void MapFoxglove(this RouteGroupBuilder api) =>
        api.MapGet("/simulation/{id:long}/execution/{executionId:long}/live", ServeAsync).WithTags("Executions").WithName("WatchByFoxglove")
            .WithSummary("The agents of a run, for Foxglove, Lichtblick and what else speaks their protocol (WebSocket)")
            .WithDescription(
                "Subprotocols `foxglove.sdk.v1` and `foxglove.websocket.v1`. Channels are `/<agent>/<topic>`, in CDR with the recording's definitions. Of many agents the first "
                + "100 are shown; `agents` names others. With `frames=prefixed` names of coordinate frames begin with those of agents, as `output.identity` makes them. `/fleet/transforms` and `/fleet/scene` tell where all of them are, `/fleet/agents` how they stand. Clients of the newer "
                + "protocol alone can control playback; parameters and services are for both. Clients that cannot send a header give the access token as the query parameter "
                + "`access_token`; pages of this server need only their cookie. The connection ends with the run, and when the token expires.")
            .WithMetadata(new TokenForPages(), new ProducesResponseTypeMetadata(StatusCodes.Status101SwitchingProtocols))
            .Refuses(400, 404, 409, 503);

    private static async Task ServeAsync(
        long id, long executionId, [AsParameters] ShownAgentsQuery agents, [AsParameters] FramesQuery frames, HttpContext context, ViewerHost host, ExecutionService executions, IStringLocalizer<Messages> texts, ILogger<RunControls> logger, TimeProvider time)
    {
        var subprotocol = FoxgloveSubprotocol.Of(context);
        var shown = agents.ToShown();
        var execution = new WatchedExecution(id, executionId);
        var run = new RunControls(execution, executions, texts, logger);
        var playback = new ViewedPlayback(run, await run.GetTimesAsync(context.RequestAborted), time);
        await host.ServeAsync(context, execution, subprotocol.Name, socket => new FoxgloveViewer(socket, shown, frames.ToFrames(), $"{id}-{executionId}", playback, subprotocol.HasControls, time));
    }
}
