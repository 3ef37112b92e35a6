using System.ComponentModel;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Contract;
using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Live;

/// <summary><c>/api/events</c>: what happens to runs, as it happens.</summary>
internal static class EventEndpoints
{
    private const string ExpiryClaim = "exp";

    public static void MapEvents(this RouteGroupBuilder api) =>
        api.MapGroup("/events").WithTags("Events").MapGet("", StreamAsync).WithName("StreamEvents").WithSummary("What happens to runs, as it happens (server-sent events)")
            .WithDescription(
                "Each event has a rising `id`; ask again with the header `Last-Event-ID` to go on where the connection broke. `events.gap` comes first when "
                + "some of what was missed is kept no more. The stream ends when the access token expires: refresh it and ask again.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(LiveEvent), ["text/event-stream"]))
            .Refuses(400);

    private static async Task StreamAsync(
        [AsParameters] OfSimulation of,
        [FromHeader(Name = "Last-Event-ID"), Description("The last id that the client has: events after it come first.")] long? after,
        HttpContext context, ClaimsPrincipal caller, EventStream stream, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        using var expiry = new CancellationTokenSource(TimeUntilExpiry(caller, time), time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, expiry.Token);
        try
        {
            await stream.WriteAsync(context.Response, after, of.SimulationId, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, its token ran out, or the API is going: a stream has no other end.
        }
    }

    private static TimeSpan TimeUntilExpiry(ClaimsPrincipal caller, TimeProvider time)
    {
        var seconds = long.Parse(caller.FindFirstValue(ExpiryClaim)!, CultureInfo.InvariantCulture);
        var left = DateTimeOffset.FromUnixTimeSeconds(seconds) - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
