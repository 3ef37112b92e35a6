using System.Globalization;
using System.Security.Claims;
using SimulationManager.Api.Contract;
using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Live;

/// <summary><c>/api/events</c>: what happens to runs, as it happens.</summary>
internal static class EventEndpoints
{
    private const string LastEventId = "Last-Event-ID";
    private const string ExpiryClaim = "exp";

    public static void MapEvents(this RouteGroupBuilder api) =>
        api.MapGroup("/events").WithTags("Events").MapGet("", StreamAsync).WithName("StreamEvents").WithSummary("What happens to runs, as it happens (server-sent events)")
            .WithDescription(
                "Each event has a rising `id`; ask again with the header `Last-Event-ID` to go on where the connection broke. `events.gap` comes first when "
                + "some of what was missed is kept no more. `events.position` comes first otherwise, and when nothing has matched for a while: all up to its `id` "
                + "has been looked at. The stream ends when the access token expires: refresh it and ask again.")
            .WithQuery("simulationId").WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(LiveEvent), ["text/event-stream"]))
            .Refuses(400);

    private static async Task<IResult> StreamAsync(
        HttpContext context, ClaimsPrincipal caller, EventStream stream, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var query = new QueryReader(context.Request.Query);
        var simulation = query.Id("simulationId", "simulation_id");
        var known = LastIdOf(context.Request, query);
        query.EnsureValid();
        var start = await stream.OpenAsync(known, context.RequestAborted);
        // nginx would hold events back until its buffer is full.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(stream.ReadAsync(start, simulation, TimeUntilExpiry(caller, time), lifetime.ApplicationStopping));
    }

    private static long? LastIdOf(HttpRequest request, QueryReader query)
    {
        if (request.Headers[LastEventId].ToString() is not { Length: > 0 } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return id;
        query.Add(LastEventId, Messages.FieldId);
        return null;
    }

    private static TimeSpan TimeUntilExpiry(ClaimsPrincipal caller, TimeProvider time)
    {
        var seconds = long.Parse(caller.FindFirstValue(ExpiryClaim)!, CultureInfo.InvariantCulture);
        var left = DateTimeOffset.FromUnixTimeSeconds(seconds) - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
