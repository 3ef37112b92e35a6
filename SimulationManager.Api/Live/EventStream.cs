using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.LiveState;
using StackExchange.Redis;

namespace SimulationManager.Api.Live;

/// <summary>
/// Writes events to one client as they come (HTML, section 9.2: server-sent events). A client is as fast as it reads: each goes
/// through the log at its own pace, so a slow one holds up nobody and misses nothing that is still kept.
/// </summary>
public sealed class EventStream(LiveEventLog log, EventSignal signal, TimeProvider time)
{
    private const int BatchSize = 500;

    /// <summary>Proxies close a connection that is silent for half a minute.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Looks by itself this often: a signal may be lost while Redis is away.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>Events that come together are written together.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);

    private static readonly byte[] Preamble = "retry: 2000\n\n"u8.ToArray();
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    /// <summary>Writes events until <paramref name="ended"/>.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="after">The last id that the client has, null for a new client: it gets what happens from now on.</param>
    /// <param name="simulationId">Only events of this simulation; null: of all.</param>
    /// <param name="ended">Ends the stream.</param>
    public async Task WriteAsync(HttpResponse response, long? after, long? simulationId, CancellationToken ended)
    {
        await signal.ListenAsync(ended);
        var position = after ?? await log.LastIdAsync();
        var hasGap = after is { } known && await log.HasLostAfterAsync(known);
        await BeginAsync(response, ended);
        using var open = ApiTelemetry.CountEventStream();
        if (hasGap) await response.Body.WriteAsync(Gap(after!.Value), ended);
        var written = time.GetTimestamp();
        while (true)
        {
            var next = signal.Next;
            var batch = await TryReadAsync(position);
            var wanted = batch.Where(entry => simulationId is null || entry.Event.SimulationId == simulationId).ToArray();
            foreach (var entry in wanted) await WriteAsync(response, entry, ended);
            if (batch.Count > 0) position = batch[^1].Event.Id;
            if (wanted.Length > 0 || time.GetElapsedTime(written) >= Heartbeat)
            {
                if (wanted.Length == 0) await response.Body.WriteAsync(Comment, ended);
                await response.Body.FlushAsync(ended);
                written = time.GetTimestamp();
            }

            if (batch.Count == BatchSize) continue;
            await Task.WhenAny(next, Task.Delay(LongestWait, time, ended));
            await Task.Delay(ShortestWait, time, ended);
        }
    }

    private static async Task BeginAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.Body.WriteAsync(Preamble, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<LoggedEvent>> TryReadAsync(long position)
    {
        try
        {
            return await log.ReadAfterAsync(position, BatchSize);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // The signal has logged that Redis is away; the stream goes on when it is back.
            return [];
        }
    }

    private static async Task WriteAsync(HttpResponse response, LoggedEvent entry, CancellationToken cancellationToken)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"id: {entry.Event.Id}\nevent: {entry.Event.Type}\ndata: ");
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(head), cancellationToken);
        await response.Body.WriteAsync(entry.Json, cancellationToken);
        await response.Body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
    }

    /// <summary>Tells a client that what it has is too old: it should read the states anew.</summary>
    private static byte[] Gap(long after) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"event: events.gap\ndata: {{\"type\":\"events.gap\",\"after\":{after}}}\n\n"));
}
