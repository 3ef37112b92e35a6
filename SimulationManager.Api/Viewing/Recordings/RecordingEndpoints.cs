using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Templates;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Api.Viewing.Foxglove;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Recordings;

/// <summary>How a recording is to play, for clients that have no controls.</summary>
internal sealed record RecordingQuery
{
    [FromQuery(Name = "rate"), Range(PlaybackOptions.MinRate, PlaybackOptions.MaxRate), Description("Speed factor; 1 when left out.")]
    public double? Rate { get; init; }

    [FromQuery(Name = "start"), Range(0.0, PlaybackOptions.MaxSeconds), Description("Seconds from the recording's first message at which it begins; 0 when left out.")]
    public double? Start { get; init; }

    [FromQuery(Name = "loop"), Description("Whether it begins again when it has ended.")]
    public bool? Loop { get; init; }

    /// <summary>As a recording takes it.</summary>
    /// <param name="length">Its length, nanoseconds.</param>
    /// <exception cref="RefusalException">It would begin after its end (400).</exception>
    public RecordingStart ToStart(long length)
    {
        var seconds = length / 1e9;
        if (Start > seconds) throw Refuse.Invalid("start", Messages.FieldRange, 0, seconds);
        return new RecordingStart(Rate ?? 1, TimeSpan.FromSeconds(Start ?? 0), Loop ?? false);
    }
}

/// <summary><c>/api/template/{id}/live</c>: a template's recording in Foxglove and what speaks its protocol.</summary>
internal static class RecordingEndpoints
{
    public static void MapRecordings(this RouteGroupBuilder api) =>
        api.MapGet("/template/{id:long}/live", ServeAsync).WithTags("Templates").WithName("WatchRecording")
            .WithSummary("The recording of a template, for Foxglove, Lichtblick and what else speaks their protocol (WebSocket)")
            .WithDescription(
                "Subprotocols `foxglove.sdk.v1` and `foxglove.websocket.v1`. Channels are the recorded topics, all of them, in CDR with the recording's definitions; a message's time is that at "
                + "which it was recorded. Each client has a playback of its own, which begins with its first subscription. Clients of the newer protocol alone pause it, send it to a time and "
                + "change its speed; for others there are `rate`, `start` and `loop`, and parameters. Clients that cannot send a header give the access token as the query parameter "
                + "`access_token`; pages of this server need only their cookie. The connection stays open at the recording's end; it ends when the token expires.")
            .WithMetadata(new TokenForPages(), new ProducesResponseTypeMetadata(StatusCodes.Status101SwitchingProtocols))
            .Refuses(400, 404, 409, 503);

    private static async Task ServeAsync(
        long id, [AsParameters] RecordingQuery query, HttpContext context, TemplateService templates, ViewedRecordings recordings, ReplayEngine engine, ViewerSockets sockets, ILogger<RecordingPlayback> logger, TimeProvider time)
    {
        var subprotocol = FoxgloveSubprotocol.Of(context);
        var template = await templates.GetAsync(id, context.RequestAborted);
        ViewerSockets.RefuseOthers(context);
        using var recording = await recordings.OpenAsync(template, context.RequestAborted);
        await using var playback = new RecordingPlayback(engine, recording, query.ToStart(recording.Timeline.Duration), time, logger);
        await sockets.ServeAsync(
            context, subprotocol.Name, socket => new FoxgloveViewer(socket, ShownAgents.First, frames: null, $"template-{id}-{Guid.NewGuid():N}", playback, subprotocol.HasControls, time), playback.Join, _ => playback.DisposeAsync());
    }
}
