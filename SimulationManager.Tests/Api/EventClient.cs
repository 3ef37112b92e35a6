using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api;

/// <summary>A connection that listens for events, as a browser does.</summary>
internal sealed class EventClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private EventClient(HttpClient http, IAsyncEnumerator<SseItem<string>> items) => (_http, _items) = (http, items);

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
        return new EventClient(http, SseParser.Create(stream).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator());
    }

    /// <summary>Reads up to and with the first event of this type.</summary>
    public async Task<List<SseItem<string>>> UntilAsync(string type, TimeSpan within)
    {
        List<SseItem<string>> read = [];
        while (read.Count == 0 || read[^1].EventType != type)
        {
            Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(within), $"the stream ended before {type}");
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
}
