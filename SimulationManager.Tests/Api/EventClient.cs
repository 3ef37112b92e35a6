using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api;

/// <summary>A connection that listens for events, as a browser does.</summary>
internal sealed class EventClient : IDisposable
{
    /// <summary>Says how far a client that was sent nothing has been brought.</summary>
    public const string Position = "events.position";

    private readonly HttpClient _http;
    private readonly SseParser<string> _parser;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private EventClient(HttpClient http, Stream stream)
    {
        _http = http;
        _parser = SseParser.Create(stream);
        _items = _parser.EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
    }

    /// <summary>What a browser would send as <c>Last-Event-ID</c> when it reconnects; 0 before the first id.</summary>
    public long LastEventId => _parser.LastEventId is { Length: > 0 } id ? long.Parse(id, CultureInfo.InvariantCulture) : 0;

    /// <summary>Connects; events from now on, or from after the last id that is known, are read.</summary>
    public static async Task<EventClient> ConnectAsync(ApiClient user, string query = "", string? lastEventId = null)
    {
        var http = new HttpClient { BaseAddress = user.Address, Timeout = TimeSpan.FromMinutes(2) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", user.Token);
        if (lastEventId is not null) http.DefaultRequestHeaders.Add("Last-Event-ID", lastEventId);
        var response = await http.GetAsync($"/api/events{query}", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        return new EventClient(http, stream);
    }

    /// <summary>Reads up to and with the first event of this type; positions, which say nothing of a run, are left out.</summary>
    public async Task<List<SseItem<string>>> UntilAsync(string type, TimeSpan within)
    {
        List<SseItem<string>> read = [];
        while (read.Count == 0 || read[^1].EventType != type)
        {
            await ReadAsync(within, type);
            if (_items.Current.EventType != Position) read.Add(_items.Current);
        }

        return read;
    }

    /// <summary>Reads until the client knows this id or a later one, and returns what came before, positions included.</summary>
    public async Task<List<SseItem<string>>> UntilIdAsync(long id, TimeSpan within)
    {
        List<SseItem<string>> read = [];
        while (LastEventId < id)
        {
            await ReadAsync(within, $"id {id}");
            read.Add(_items.Current);
        }

        return read;
    }

    /// <summary>Reads until the server ends the stream; returns how many events came before.</summary>
    public async Task<int> UntilEndAsync(TimeSpan within)
    {
        var count = 0;
        while (await _items.MoveNextAsync().AsTask().WaitAsync(within)) count++;
        return count;
    }

    public static JsonNode DataOf(SseItem<string> item) => JsonNode.Parse(item.Data)!;

    public void Dispose() => _http.Dispose();

    private async Task ReadAsync(TimeSpan within, string what) =>
        Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(within), $"the stream ended before {what}");
}
