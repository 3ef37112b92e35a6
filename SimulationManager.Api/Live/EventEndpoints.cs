using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Live;

/// <summary><c>/api/events</c>: what happens to runs, as it happens.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this RouteGroupBuilder api) =>
        api.MapGroup("/events").WithTags("Events").MapGet("", StreamAsync).WithName("StreamEvents").WithSummary("What happens to runs, as it happens (server-sent events)")
            .WithDescription(
                "Each event has a rising `id`; ask again with the header `Last-Event-ID` to go on where the connection broke. `events.gap` comes first when "
                + "some of what was missed is kept no more. `events.position` comes first otherwise, and when nothing has matched for a while: all up to its `id` "
                + "has been looked at. The stream ends when the access token expires: refresh it and ask again.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(LiveEvent), ["text/event-stream"]))
            .Refuses(400);

    private static async Task<IResult> StreamAsync(
        [AsParameters] OfSimulation of,
        [FromHeader(Name = "Last-Event-ID"), Description("The last id that the client has: events after it come first.")] long? after,
        HttpContext context, ClaimsPrincipal caller, EventStream stream, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var start = await stream.OpenAsync(after, context.RequestAborted);
        // nginx would hold events back until its buffer is full.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(stream.ReadAsync(start, of.SimulationId, caller.TimeUntilExpiry(time), lifetime.ApplicationStopping));
    }
}
