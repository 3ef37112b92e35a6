using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SimulationManager.Console.Api;

/// <summary>Something that has happened to a run.</summary>
public sealed record RunEvent(
    long Id, string Type, DateTimeOffset Time, long SimulationId, long? ExecutionId, long? StepOrder, long? GroupId, long? InstanceId, double? Progress, string? Error)
{
    /// <summary>Some events are not kept any more, or the connection was made anew: what is shown must be read again.</summary>
    public const string Gap = "events.gap";

    /// <summary>The connection is there.</summary>
    public const string Position = "events.position";
}

/// <summary><c>/api/events</c>: what happens to runs, as it happens.</summary>
public sealed class EventFeed(ApiConnection api, PageVisibility page, TimeProvider time)
{
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Events until the caller gives up. A connection that breaks, or ends because its token expires, is made anew from the last event on; what was missed and is not
    /// kept any more is told by one of type <see cref="RunEvent.Gap"/>. While nobody sees the page there is no connection: browsers have six to a server for all tabs
    /// together, and a seventh tab would not load.
    /// </summary>
    /// <param name="simulationId">Only events of this simulation; null: of all.</param>
    /// <param name="connected">Told when the connection is made or lost.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<RunEvent> ReadAsync(long? simulationId, Action<bool> connected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await page.WaitUntilShownAsync(cancellationToken) && last is null)
            {
                yield return new RunEvent(0, RunEvent.Gap, time.GetUtcNow(), 0, null, null, null, null, null, null);
            }
            using var watched = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, page.Hidden);
            var stream = await TryOpenAsync(simulationId, last, watched.Token);
            connected(stream is not null);
            if (stream is not null)
            {
                await using var items = SseParser.Create(stream, (_, bytes) => JsonSerializer.Deserialize(bytes, ConsoleJson.Default.RunEvent)!)
                    .EnumerateAsync(watched.Token).GetAsyncEnumerator(watched.Token);
                while (await TryMoveAsync(items))
                {
                    if (items.Current.EventId is { Length: > 0 } id) last = id;
                    if (items.Current.Data.Type != RunEvent.Position) yield return items.Current.Data;
                }
                await stream.DisposeAsync();
                connected(false);
            }

            await Task.Delay(ReconnectAfter, time, watched.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Stream?> TryOpenAsync(long? simulationId, string? last, CancellationToken cancellationToken)
    {
        try
        {
            var path = simulationId is { } id ? $"api/events?simulationId={id.ToString(CultureInfo.InvariantCulture)}" : "api/events";
            var response = await api.OpenAsync(
                path, request => { if (last is not null) request.Headers.Add("Last-Event-ID", last); }, cancellationToken);
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is ApiException or HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<bool> TryMoveAsync(IAsyncEnumerator<SseItem<RunEvent>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
