using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// The bounded queue between the lanes and one sink: a ring per lane. Lanes only ever put a message in or count it as missed; the
/// sink empties the rings in batches, at its own pace, on the thread pool.
/// </summary>
public sealed partial class SinkQueue : IAsyncDisposable
{
    private const int LongestBatch = 256;

    private readonly IReplaySink _sink;
    private readonly int _capacity;
    private readonly ILogger _logger;
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _pump;
    private volatile SinkRing?[] _rings = [];
    private volatile bool _isBusy;
    private long _missed;
    private bool _isDisposed;

    /// <summary>Starts to hand messages over.</summary>
    /// <param name="sink">Takes the messages.</param>
    /// <param name="capacity">Messages of each lane that may wait for the sink, at least 1; rounded up to a power of two.</param>
    /// <param name="logger">Is told when the sink breaks.</param>
    public SinkQueue(IReplaySink sink, int capacity, ILogger logger)
    {
        _sink = sink;
        _capacity = capacity;
        _logger = logger;
        _pump = PumpAsync();
    }

    /// <summary>Messages that the sink was too slow for.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Whether the sink has taken all that was handed over, and is done with it.</summary>
    internal bool IsIdle => !_isBusy && Array.TrueForAll(_rings, ring => ring is not { IsEmpty: false });

    /// <summary>Lets the sink take what waits for it, and nothing that comes later. Completes once it has, or has broken.</summary>
    public Task CompleteAsync()
    {
        _news.Writer.TryComplete();
        return _pump;
    }

    /// <summary>Stops handing over; messages still in the queue are given up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _news.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _pump;
        _stopping.Dispose();
        foreach (var ring in _rings)
        {
            while (ring is not null && ring.TryRead(out var message)) _sink.OnDiscarded(message);
        }
    }

    /// <summary>Hands a message over without waiting. On a lane's thread, which announces it with <see cref="Notify"/> at the end of its turn.</summary>
    /// <returns>The ring that is to be announced; null: it is already, or the message did not fit.</returns>
    internal SinkRing? Offer(int lane, in ReplayMessage message)
    {
        var ring = RingOf(lane);
        if (ring.IsFull)
        {
            Interlocked.Increment(ref _missed);
            _sink.OnMissed(message);
            return null;
        }
        _sink.OnOffered(message);
        ring.Write(message);
        if (ring.IsAnnounced) return null;
        ring.IsAnnounced = true;
        return ring;
    }

    /// <summary>Has an agent cut off until a time of the engine's clock.</summary>
    internal void Disconnect(long agent, long until) => _sink.OnDisconnect(agent, until);

    /// <summary>Wakes the sink.</summary>
    internal void Notify() => _news.Writer.TryWrite(true);

    private SinkRing RingOf(int lane)
    {
        var rings = _rings;
        return lane < rings.Length && rings[lane] is { } ring ? ring : AddRing(lane);
    }

    private SinkRing AddRing(int lane)
    {
        lock (_stopping)
        {
            var rings = new SinkRing?[Math.Max(_rings.Length, lane + 1)];
            _rings.CopyTo(rings, 0);
            var ring = rings[lane] = new SinkRing(_capacity);
            _rings = rings;
            return ring;
        }
    }

    private async Task PumpAsync()
    {
        await Task.Yield();
        try
        {
            var batch = new ReplayMessage[Math.Min(_capacity, LongestBatch)];
            while (await _news.Reader.WaitToReadAsync(_stopping.Token))
            {
                _news.Reader.TryRead(out _);
                await EmptyAsync(batch);
            }
            await EmptyAsync(batch);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception exception)
        {
            // From here on the rings fill up and every further message counts as missed; agents are not touched.
            LogSinkBroke(_logger, exception, _sink.GetType().Name);
        }
    }

    private async ValueTask EmptyAsync(ReplayMessage[] batch)
    {
        _isBusy = true;
        for (var left = true; left;)
        {
            left = false;
            foreach (var ring in _rings)
            {
                if (ring?.Read(batch) is not ({ } count and > 0)) continue;
                left = true;
                await _sink.AcceptAsync(batch.AsMemory(0, count), _stopping.Token);
            }
        }
        _isBusy = false;
    }

    [LoggerMessage(201, LogLevel.Error, "The sink {Sink} broke and gets no more messages")]
    private static partial void LogSinkBroke(ILogger logger, Exception exception, string sink);
}
