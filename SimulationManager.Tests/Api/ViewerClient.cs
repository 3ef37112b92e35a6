using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>A client that watches a run over a WebSocket and says exactly what a test wants it to.</summary>
internal sealed class ViewerClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonNode> _operations = [];
    private readonly List<byte[]> _binary = [];
    private readonly SemaphoreSlim _reading = new(1, 1);
    private Task _receiving = Task.CompletedTask;

    /// <summary>The operations that came as text.</summary>
    public IReadOnlyList<JsonNode> Operations
    {
        get
        {
            lock (_operations) return [.. _operations];
        }
    }

    /// <summary>What came as bytes.</summary>
    public IReadOnlyList<byte[]> Binary
    {
        get
        {
            lock (_operations) return [.. _binary];
        }
    }

    /// <summary>The channels of Foxglove's protocol that the server has told of.</summary>
    public IEnumerable<JsonNode> Channels => Operations.Where(operation => (string)operation["op"]! == "advertise").SelectMany(operation => operation["channels"]!.AsArray()).Select(channel => channel!);

    /// <summary>What the server has chosen to speak.</summary>
    public string? Subprotocol => _socket.SubProtocol;

    /// <summary>Why the server has closed the connection; null: it has not.</summary>
    public (WebSocketCloseStatus? Status, string? Reason)? Closed { get; private set; }

    /// <summary>The address at which a run can be watched.</summary>
    public static Uri AddressOf(Uri api, long simulation, long execution, string? token, string route = "rosbridge") =>
        new($"ws://{api.Authority}/api/simulation/{simulation}/execution/{execution}/{route}{(token is null ? "" : $"?access_token={token}")}");

    /// <summary>The address at which a template's recording can be watched.</summary>
    public static Uri AddressOf(ApiClient user, long template, string query = "") => new($"ws://{user.Address.Authority}/api/template/{template}/live?access_token={user.Token}{query}");

    public static Task<ViewerClient> ConnectAsync(ApiClient user, long simulation, long execution) => ConnectAsync(AddressOf(user.Address, simulation, execution, user.Token));

    public static async Task<ViewerClient> ConnectAsync(Uri address, params string[] subprotocols)
    {
        var client = new ViewerClient();
        foreach (var subprotocol in subprotocols) client._socket.Options.AddSubProtocol(subprotocol);
        await client._socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        client._receiving = client.ReceiveAsync();
        return client;
    }

    /// <summary>The status by which a connection is refused.</summary>
    public static async Task<HttpStatusCode> RefusalAsync(Uri address, params string[] subprotocols)
    {
        var status = await StatusAsync(address, options =>
        {
            foreach (var subprotocol in subprotocols) options.AddSubProtocol(subprotocol);
        });
        Assert.NotEqual(HttpStatusCode.SwitchingProtocols, status);
        return status;
    }

    /// <summary>The status by which a connection is accepted or refused.</summary>
    public static async Task<HttpStatusCode> StatusAsync(Uri address, Action<ClientWebSocketOptions> change)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        change(socket.Options);
        try
        {
            await socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }
        return socket.HttpStatusCode;
    }

    public Task SendAsync(JsonObject operation) => SendAsync(operation.ToJsonString());

    public Task SendAsync(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

    public Task SendAsync(byte[] bytes) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);

    public Task SubscribeAsync(string topic, JsonObject? options = null)
    {
        var operation = options?.DeepClone().AsObject() ?? [];
        (operation["op"], operation["topic"]) = ("subscribe", topic);
        return SendAsync(operation);
    }

    /// <summary>Calls a service and returns the answer.</summary>
    public async Task<JsonNode> CallAsync(string service, JsonObject? arguments = null)
    {
        var id = Guid.NewGuid().ToString();
        await SendAsync(new JsonObject { ["op"] = "call_service", ["id"] = id, ["service"] = service, ["args"] = arguments ?? [] });
        await UntilAsync(client => client.Operations.Any(operation => (string?)operation["id"] == id), $"the answer of {service}");
        return Operations.Single(operation => (string?)operation["id"] == id);
    }

    /// <summary>The messages of a topic that came as text.</summary>
    public JsonNode[] MessagesOf(string topic) => [.. Operations.Where(operation => (string?)operation["op"] == "publish" && (string?)operation["topic"] == topic).Select(operation => operation["msg"]!)];

    /// <summary>What the server says beside messages, of a level.</summary>
    public string[] StatusesOf(string level) => [.. Operations.Where(operation => (string?)operation["op"] == "status" && (string?)operation["level"] == level).Select(operation => (string)operation["msg"]!)];

    public async Task UntilAsync(Func<ViewerClient, bool> condition, string what)
    {
        try
        {
            await Wait.UntilAsync(() => condition(this), Limit, what);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message} {Operations.Count} operations came, the last one {(Operations is [.., var last] ? last.ToJsonString() : "none")}; closed: {Closed}; {_socket.State}", late);
        }
    }

    /// <summary>Reads nothing until it is released.</summary>
    public Task StopReadingAsync() => _reading.WaitAsync();

    public void ReadAgain() => _reading.Release();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        await _receiving;
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                await _reading.WaitAsync();
                _reading.Release();
                var read = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    Closed = (read.CloseStatus, read.CloseStatusDescription);
                    return;
                }
                message.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage) continue;
                lock (_operations)
                {
                    if (read.MessageType == WebSocketMessageType.Text) _operations.Add(JsonNode.Parse(message.ToArray())!);
                    else _binary.Add(message.ToArray());
                }
                message.SetLength(0);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test has ended, or the server has cut the connection.
        }
    }
}
