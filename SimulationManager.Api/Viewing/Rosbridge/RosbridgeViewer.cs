using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>
/// One client of a run's rosbridge. It is served as fast as it reads: what it is too slow for is left out, and it is told. It cannot hold anybody up but
/// itself; what it asks for faster than it reads answers is left in its own connection.
/// </summary>
internal sealed class RosbridgeViewer(WebSocket socket, TimeProvider time) : IFeedViewer, IDisposable
{
    /// <summary>Bytes of an operation; the longest that has a use names a topic and a type.</summary>
    private const int LongestOperation = 64 * 1024;

    private const int MostSubscriptions = 20_000;

    /// <summary>Messages of one topic before others have their turn.</summary>
    private const int MessagesInTurn = 16;

    /// <summary>How often a client is told that it is too slow.</summary>
    private static readonly TimeSpan ComplainInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);
    private static readonly string[] s_levels = ["none", "error", "warning", "info"];

    private readonly Lock _lock = new();
    private readonly Queue<RosbridgeSubscription> _ready = [];
    private readonly PriorityQueue<RosbridgeSubscription, long> _later = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Dictionary<string, RosbridgeSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _withoutForm = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FeedCatalog _catalog = FeedCatalog.Empty;
    private int _level = 2;
    private long _missed;
    private long _complainedAt;
    private long _fragmented;

    /// <summary>Serves the client until it leaves, the run ends or the time is over.</summary>
    /// <param name="feed">The run.</param>
    /// <param name="expired">When the client's token has expired.</param>
    /// <param name="stopping">When the server stops.</param>
    public async Task RunAsync(ExecutionFeed feed, CancellationToken expired, CancellationToken stopping)
    {
        using var leaving = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(expired, stopping);
        var receiving = ReceiveAsync(feed, leaving.Token);
        var publishing = PublishAsync(leaving.Token);
        var waiting = Task.Delay(Timeout.Infinite, over.Token);
        await Task.WhenAny(receiving, publishing, _ended.Task, waiting);
        if (_ended.Task.IsCompleted)
        {
            // What came last first.
            await Task.WhenAny(receiving, publishing, Task.Delay(DrainWithin, time, leaving.Token));
            await CloseAsync(WebSocketCloseStatus.NormalClosure, await _ended.Task);
        }
        else if (expired.IsCancellationRequested) await CloseAsync(WebSocketCloseStatus.PolicyViolation, "the access token has expired: get a new one and connect again");
        else if (stopping.IsCancellationRequested) await CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "the server stops: connect again");
        // A connection that is cut now would take with it what the client has not read yet.
        await Task.WhenAny(receiving, Task.Delay(CloseWithin, time, leaving.Token));
        await leaving.CancelAsync();
        await Task.WhenAll(receiving, publishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var subscription in _subscriptions.Values) feed.Unsubscribe(subscription);
    }

    public void OnChanged(FeedCatalog catalog) => _catalog = catalog;

    public void OnMissed(long messages) => Interlocked.Add(ref _missed, messages);

    public void OnEnded(string reason)
    {
        _ended.TrySetResult(reason);
        lock (_lock) Wake();
    }

    public void Dispose()
    {
        _news.Dispose();
        _sending.Dispose();
    }

    private async Task ReceiveAsync(ExecutionFeed feed, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (await ReadAsync(buffer, cancellationToken) is { } type)
            {
                if (type == WebSocketMessageType.Text) await HandleAsync(feed, buffer.WrittenMemory, cancellationToken);
                else await TellAsync("error", "operations are text: JSON", id: null, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client has gone, or is sent away.
        }
    }

    /// <summary>Reads one operation; null: the client leaves, or has sent too much.</summary>
    private async Task<WebSocketMessageType?> ReadAsync(ArrayBufferWriter<byte> buffer, CancellationToken cancellationToken)
    {
        buffer.ResetWrittenCount();
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.GetMemory(1024), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                if (socket.State == WebSocketState.CloseReceived) await CloseAsync(WebSocketCloseStatus.NormalClosure, null);
                return null;
            }
            buffer.Advance(read.Count);
            if (buffer.WrittenCount > LongestOperation)
            {
                await CloseAsync(WebSocketCloseStatus.MessageTooBig, $"an operation has {LongestOperation} bytes at most");
                return null;
            }
            if (read.EndOfMessage) return read.MessageType;
        }
    }

    private async Task HandleAsync(ExecutionFeed feed, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        RosbridgeOperation operation;
        try
        {
            operation = RosbridgeOperation.Parse(text.Span);
        }
        catch (FormatException exception)
        {
            await TellAsync("error", exception.Message, id: null, cancellationToken);
            return;
        }
        var task = operation.Name switch
        {
            "subscribe" => SubscribeAsync(feed, operation, cancellationToken),
            "unsubscribe" => UnsubscribeAsync(feed, operation),
            "call_service" => AnswerAsync(operation, cancellationToken),
            "set_level" => SetLevelAsync(operation, cancellationToken),
            // Clients take back what they have advertised, whatever became of it.
            "unadvertise" or "unadvertise_service" or "unadvertise_action" => Task.CompletedTask,
            "publish" or "advertise" or "advertise_service" or "advertise_action" or "send_action_goal" => TellAsync("error", "the agents of a run take no messages: they can be listened to", operation.Id, cancellationToken),
            var unknown => TellAsync("error", $"there is no operation '{unknown}'", operation.Id, cancellationToken),
        };
        await task;
    }

    private async Task SubscribeAsync(ExecutionFeed feed, RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        if (operation.Problem(needsTopic: true) is { } problem)
        {
            await TellAsync("error", problem, operation.Id, cancellationToken);
            return;
        }
        if (ProblemOf(operation) is { } mismatch) await TellAsync("error", mismatch, operation.Id, cancellationToken);
        if (_subscriptions.TryGetValue(operation.Topic, out var subscription))
        {
            subscription.Request(operation.Id ?? "", operation.Options);
            return;
        }
        if (_subscriptions.Count == MostSubscriptions)
        {
            await TellAsync("error", $"a client may subscribe to {MostSubscriptions} topics at most", operation.Id, cancellationToken);
            return;
        }
        subscription = _subscriptions[operation.Topic] = new RosbridgeSubscription(operation.Topic, OnReady, time);
        subscription.Request(operation.Id ?? "", operation.Options);
        feed.Subscribe(subscription);
    }

    /// <summary>What will come of a subscription that is not what the client thinks; null: nothing of that kind.</summary>
    private string? ProblemOf(RosbridgeOperation operation)
    {
        if (_catalog.Find(operation.Topic) is not var (_, topic)) return null;
        if (operation.Type is { } type && topic.Type.Length > 0 && Normalize(type) != Normalize(topic.Type)) return $"{operation.Topic} is of the type {topic.Type}, not {type}; its messages come as they are";
        return operation.Options.Compression != RosbridgeCompression.CborRaw && topic.Problem is { } problem
            ? $"messages of {operation.Topic} can be brought by compression 'cbor-raw' alone: {problem}"
            : null;
    }

    private Task UnsubscribeAsync(ExecutionFeed feed, RosbridgeOperation operation)
    {
        if (!_subscriptions.TryGetValue(operation.Topic, out var subscription)) return Task.CompletedTask;
        subscription.Withdraw(operation.Id);
        if (!subscription.IsUnwanted) return Task.CompletedTask;
        _subscriptions.Remove(operation.Topic);
        feed.Unsubscribe(subscription);
        return Task.CompletedTask;
    }

    private Task AnswerAsync(RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        var (values, succeeded) = RosapiServices.Call(operation.Service, operation.Arguments, _catalog, time.GetUtcNow());
        return SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = "service_response", ["id"] = operation.Id, ["service"] = operation.Service, ["values"] = values, ["result"] = succeeded }),
            WebSocketMessageType.Text, cancellationToken);
    }

    private Task SetLevelAsync(RosbridgeOperation operation, CancellationToken cancellationToken)
    {
        var level = Array.IndexOf(s_levels, operation.Level);
        if (level < 0) return TellAsync("error", $"there is no level '{operation.Level}'; those are none, error, warning, info", operation.Id, cancellationToken);
        _level = level;
        return Task.CompletedTask;
    }

    private void OnReady(RosbridgeSubscription subscription)
    {
        lock (_lock)
        {
            _ready.Enqueue(subscription);
            Wake();
        }
    }

    private void Wake()
    {
        if (_news.CurrentCount == 0) _news.Release();
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var (subscription, wait) = Next();
                if (subscription is not null) await PublishAsync(subscription, cancellationToken);
                else if (_ended.Task.IsCompleted) return;
                else await _news.WaitAsync(wait, cancellationToken);
                await ComplainAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client has gone, or is sent away.
        }
    }

    /// <summary>The subscription whose turn it is, or how long there is none.</summary>
    private (RosbridgeSubscription? Subscription, TimeSpan Wait) Next()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_later.TryPeek(out var later, out var at) && at <= now)
            {
                _later.Dequeue();
                _ready.Enqueue(later);
            }
            if (_ready.TryDequeue(out var ready)) return (ready, default);
            return (null, _later.TryPeek(out _, out var next) ? time.GetElapsedTime(now, next) : ComplainInterval);
        }
    }

    private async Task PublishAsync(RosbridgeSubscription subscription, CancellationToken cancellationToken)
    {
        for (var count = 0; count < MessagesInTurn; count++)
        {
            if (subscription.Take(out var wait) is { } message)
            {
                await PublishAsync(message, subscription.Options, cancellationToken);
                continue;
            }
            lock (_lock)
            {
                if (wait is { } left) _later.Enqueue(subscription, time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency));
            }
            Interlocked.Add(ref _missed, subscription.TakeMissed());
            return;
        }
        Interlocked.Add(ref _missed, subscription.TakeMissed());
        OnReady(subscription);
    }

    private async Task PublishAsync(FeedMessage message, SubscribeOptions options, CancellationToken cancellationToken)
    {
        if (RosbridgeForms.Publish(message, options.Compression) is not { } operation)
        {
            if (_withoutForm.Add(message.Name)) await TellAsync("error", $"a message of {message.Name} cannot be brought in this form: {message.Topic.Problem ?? "it is damaged"}", id: null, cancellationToken);
            return;
        }
        if (options.Compression is RosbridgeCompression.Cbor or RosbridgeCompression.CborRaw) await SendAsync(operation, WebSocketMessageType.Binary, cancellationToken);
        else if (options.FragmentSize == 0 || operation.Length <= options.FragmentSize) await SendAsync(operation, WebSocketMessageType.Text, cancellationToken);
        else
        {
            var id = $"{++_fragmented}";
            foreach (var fragment in RosbridgeForms.Fragments(operation, options.FragmentSize, id)) await SendAsync(fragment, WebSocketMessageType.Text, cancellationToken);
        }
    }

    /// <summary>Tells the client at times how much it was too slow for.</summary>
    private async Task ComplainAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _missed) == 0 || (_complainedAt != 0 && time.GetElapsedTime(_complainedAt) < ComplainInterval)) return;
        _complainedAt = time.GetTimestamp();
        await TellAsync("warning", $"{Interlocked.Exchange(ref _missed, 0)} messages were left out: this client, or the way to it, is too slow for what it subscribes to; throttle_rate asks for fewer", id: null, cancellationToken);
    }

    private Task TellAsync(string level, string text, string? id, CancellationToken cancellationToken)
    {
        if (Array.IndexOf(s_levels, level) > _level) return Task.CompletedTask;
        var status = new JsonObject { ["op"] = "status", ["level"] = level, ["msg"] = text };
        if (id is not null) status["id"] = id;
        return SendAsync(JsonSerializer.SerializeToUtf8Bytes(status), WebSocketMessageType.Text, cancellationToken);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> operation, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(operation, type, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says goodbye; a client that does not read is not waited for.</summary>
    private async Task CloseAsync(WebSocketCloseStatus status, string? reason)
    {
        using var giveUp = new CancellationTokenSource(CloseWithin, time);
        try
        {
            await _sending.WaitAsync(giveUp.Token);
            await socket.CloseOutputAsync(status, reason, giveUp.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
    }

    /// <summary>The name of a type with <c>/msg/</c>, which ROS 1 and older pages leave out.</summary>
    private static string Normalize(string type) => type.Split('/') is [var package, var name] ? $"{package}/msg/{name}" : type;
}
