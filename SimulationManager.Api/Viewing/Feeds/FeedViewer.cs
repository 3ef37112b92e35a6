using System.Buffers;
using System.Net.WebSockets;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// One client that watches a run, or a recording, over a WebSocket, whatever protocol it speaks. It is served as fast as it reads: what it is too slow for is left out, and
/// it is told. It cannot hold anybody up but itself; what it asks for faster than it reads answers is left in its own connection.
/// </summary>
internal abstract class FeedViewer(WebSocket socket, TimeProvider time) : IDisposable
{
    /// <summary>Bytes of what a client sends at once; the longest that has a use names a topic and a type, or some thousand channels.</summary>
    private const int LongestRequest = 256 * 1024;

    /// <summary>Messages of one topic before others have their turn.</summary>
    private const int MessagesInTurn = 16;

    /// <summary>How often a client is told that it is too slow.</summary>
    private static readonly TimeSpan ComplainInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Queue<QueuedSubscription> _ready = [];
    private readonly PriorityQueue<QueuedSubscription, long> _later = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _missed;
    private long _complainedAt;
    private volatile bool _hasLostWorker;

    /// <summary>Whether it wants to know how the run plays.</summary>
    public virtual bool WatchesPlayback => false;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Who plays now.</summary>
    protected FeedCatalog Catalog { get; private set; } = FeedCatalog.Empty;

    /// <summary>What it watches.</summary>
    protected IMessageFeed Feed { get; private set; } = null!;

    /// <summary>What a client can do about being too slow, after a semicolon; empty: nothing in its protocol.</summary>
    protected virtual string SlownessAdvice => "";

    /// <summary>What the client watches.</summary>
    protected abstract IEnumerable<QueuedSubscription> Subscriptions { get; }

    /// <summary>Serves the client until it leaves, what it watches ends or the time is over.</summary>
    /// <param name="feed">What it watches.</param>
    /// <param name="expired">When the client's token has expired.</param>
    /// <param name="stopping">When the server stops.</param>
    public async Task RunAsync(IMessageFeed feed, CancellationToken expired, CancellationToken stopping)
    {
        Feed = feed;
        using var leaving = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(expired, stopping);
        var receiving = UntilGoneAsync(ReceiveAsync(leaving.Token));
        var publishing = UntilGoneAsync(PublishAsync(leaving.Token));
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
        await Task.WhenAll(receiving, publishing);
        foreach (var subscription in Subscriptions) feed.Unsubscribe(subscription);
    }

    /// <summary>Is told who plays now. All viewers are told one after the other: must not wait.</summary>
    public void OnChanged(FeedCatalog catalog)
    {
        Catalog = catalog;
        lock (_lock) Wake();
    }

    /// <summary>Is told of messages that were put out faster than they could be brought here; those of topics that others watch are among them.</summary>
    public void OnMissed(long messages) => Interlocked.Add(ref _missed, messages);

    /// <summary>Is told that a worker was lost on which agents played.</summary>
    public void OnWorkerLost()
    {
        _hasLostWorker = true;
        lock (_lock) Wake();
    }

    /// <summary>Is told that nothing more will come.</summary>
    /// <param name="reason">Why, for a person.</param>
    public void OnEnded(string reason)
    {
        _ended.TrySetResult(reason);
        lock (_lock) Wake();
    }

    /// <summary>Is told once a second how the run plays. Must not wait.</summary>
    public virtual void OnPlayback(RunPlayback playback)
    {
    }

    /// <summary>Is told that it should look how that plays what it watches. Must not wait.</summary>
    public virtual void OnPlaybackChanged()
    {
    }

    public void Dispose()
    {
        _news.Dispose();
        _sending.Dispose();
    }

    /// <summary>Does what the client asks for.</summary>
    protected abstract Task HandleAsync(WebSocketMessageType type, ReadOnlyMemory<byte> request, CancellationToken cancellationToken);

    /// <summary>Sends a message of a topic.</summary>
    protected abstract Task PublishAsync(QueuedSubscription subscription, FeedMessage message, CancellationToken cancellationToken);

    /// <summary>Tells the client of a problem, for a person.</summary>
    protected abstract Task WarnAsync(string text, CancellationToken cancellationToken);

    /// <summary>Tells the client what it has to know before the next message; often there is nothing.</summary>
    protected virtual Task TellNewsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Is called when there is no message left to send.</summary>
    /// <returns>Whether there is news.</returns>
    protected virtual bool OnDrained() => false;

    /// <summary>Has <see cref="TellNewsAsync"/> called soon.</summary>
    protected void WakeForNews()
    {
        lock (_lock) Wake();
    }

    /// <summary>Is told by a subscription that there is something to take.</summary>
    protected void OnReady(QueuedSubscription subscription)
    {
        lock (_lock)
        {
            _ready.Enqueue(subscription);
            Wake();
        }
    }

    /// <summary>Sends something, once what is being sent is. Waits for a client that does not read.</summary>
    protected async Task SendAsync(ReadOnlyMemory<byte> content, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(content, type, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private static async Task UntilGoneAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client has gone, or is sent away.
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        while (await ReadAsync(buffer, cancellationToken) is { } type) await HandleAsync(type, buffer.WrittenMemory, cancellationToken);
    }

    /// <summary>Reads what the client sends next; null: it leaves, or has sent too much.</summary>
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
            if (buffer.WrittenCount > LongestRequest)
            {
                await CloseAsync(WebSocketCloseStatus.MessageTooBig, $"what is sent at once has {LongestRequest} bytes at most");
                return null;
            }
            if (read.EndOfMessage) return read.MessageType;
        }
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await TellNewsAsync(cancellationToken);
            var (subscription, wait) = Next();
            if (subscription is not null) await PublishAsync(subscription, cancellationToken);
            else if (OnDrained()) continue;
            else if (_ended.Task.IsCompleted) return;
            else await _news.WaitAsync(wait, cancellationToken);
            await ComplainAsync(cancellationToken);
        }
    }

    /// <summary>The subscription whose turn it is, or how long there is none.</summary>
    private (QueuedSubscription? Subscription, TimeSpan Wait) Next()
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

    private async Task PublishAsync(QueuedSubscription subscription, CancellationToken cancellationToken)
    {
        for (var count = 0; count < MessagesInTurn; count++)
        {
            if (subscription.Take(out var wait) is { } message)
            {
                await PublishAsync(subscription, message, cancellationToken);
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

    /// <summary>Tells the client of a worker that was lost, and at times how much it was too slow for.</summary>
    private async Task ComplainAsync(CancellationToken cancellationToken)
    {
        if (_hasLostWorker)
        {
            _hasLostWorker = false;
            await WarnAsync("a worker was lost: the last messages of its agents may be missing, and some may come again", cancellationToken);
        }
        if (Interlocked.Read(ref _missed) == 0 || (_complainedAt != 0 && time.GetElapsedTime(_complainedAt) < ComplainInterval)) return;
        _complainedAt = time.GetTimestamp();
        await WarnAsync($"{Interlocked.Exchange(ref _missed, 0)} messages were left out: this client, or the way to it, is too slow for what it subscribes to{SlownessAdvice}", cancellationToken);
    }

    private void Wake()
    {
        if (_news.CurrentCount == 0) _news.Release();
    }

    /// <summary>Says goodbye; a client that does not read is not waited for.</summary>
    private async Task CloseAsync(WebSocketCloseStatus status, string? reason)
    {
        using var giveUp = new CancellationTokenSource(CloseWithin, time);
        try
        {
            // Kept: nothing can be sent from here on.
            await _sending.WaitAsync(giveUp.Token);
            await socket.CloseOutputAsync(status, reason, giveUp.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
    }
}
