using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.LiveState;
using StackExchange.Redis;

namespace SimulationManager.Api.Live;

/// <summary>
/// Events for one client as they come. A client is as fast as it reads: each goes through the log at its own pace, so a slow one holds
/// up nobody and misses nothing that is still kept.
/// </summary>
public sealed class EventStream(LiveEventLog log, EventSignal signal, TimeProvider time)
{
    private const int BatchSize = 500;

    /// <summary>Entries that are passed over in silence at most: a small part of the log, whose end must not overtake the client's last id.</summary>
    private const int MostPassedOver = LiveEventLog.Kept / 10;

    /// <summary>Proxies close a connection that is silent for half a minute.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Looks by itself this often: a signal may be lost while Redis is away.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>Events that come together are written together.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(2);

    /// <summary>Finds where a client begins, before anything is written to it.</summary>
    /// <param name="known">The last id that the client has, null for a new client: it gets what happens from now on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LogPosition> OpenAsync(long? known, CancellationToken cancellationToken)
    {
        await signal.ListenAsync(cancellationToken);
        return await log.FindPositionAsync(known);
    }

    /// <summary>
    /// Events as UTF-8 JSON. A client to which nothing was sent for a while gets the position up to which nothing matched: it resumes
    /// from there when it reconnects.
    /// </summary>
    /// <param name="start">Where the client begins.</param>
    /// <param name="simulationId">Only events of this simulation; null: of all.</param>
    /// <param name="within">How long the stream lasts at most.</param>
    /// <param name="cancellationToken">Ends the stream; that is no error.</param>
    public async IAsyncEnumerable<SseItem<byte[]>> ReadAsync(
        LogPosition start, long? simulationId, TimeSpan within, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var open = ApiTelemetry.CountEventStream();
        using var expiry = new CancellationTokenSource(within, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        var position = start.Id;
        var (passedOver, written) = (0, time.GetTimestamp());
        yield return Begin(start);
        while (!ended.IsCancellationRequested)
        {
            var next = signal.Next;
            var entries = await TryReadAsync(position);
            foreach (var entry in entries)
            {
                if (simulationId is null || entry.SimulationId == simulationId)
                {
                    foreach (var change in entry.EventsAfter(position)) yield return Item(change);
                    (passedOver, written) = (0, time.GetTimestamp());
                }
                else
                {
                    passedOver++;
                }

                position = entry.LastId;
            }

            if (passedOver >= MostPassedOver || time.GetElapsedTime(written) >= Heartbeat)
            {
                yield return Position(position);
                (passedOver, written) = (0, time.GetTimestamp());
            }

            if (entries.Count == BatchSize) continue;
            await Task.WhenAny(next, Task.Delay(LongestWait, time, ended.Token));
            await Task.Delay(ShortestWait, time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IReadOnlyList<LiveEventEntry>> TryReadAsync(long position)
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

    private static SseItem<byte[]> Item(LiveEvent change) => new(change.ToJson(), change.Type) { EventId = Text(change.Id) };

    /// <summary>The first that a client gets. A gap has no id: a client that loses the connection at once gets it again.</summary>
    private static SseItem<byte[]> Begin(LogPosition start) => start.HasGap
        ? new SseItem<byte[]>(Encoding.UTF8.GetBytes($$"""{"type":"events.gap","after":{{Text(start.Id)}}}"""), "events.gap") { ReconnectionInterval = ReconnectAfter }
        : Position(start.Id) with { ReconnectionInterval = ReconnectAfter };

    private static SseItem<byte[]> Position(long id) =>
        new(Encoding.UTF8.GetBytes($$"""{"type":"events.position","id":{{Text(id)}}}"""), "events.position") { EventId = Text(id) };

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
