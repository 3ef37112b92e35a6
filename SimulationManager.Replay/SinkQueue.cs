using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// The bounded queue between the lanes and one sink. Lanes only ever put a message in or count it as missed; the sink is given them in batches, at
/// its own pace, on a <see cref="SinkThread"/>.
/// </summary>
public sealed partial class SinkQueue : IAsyncDisposable
{
    private const int LongestBatch = 256;

    /// <summary>Batches after which other queues of the thread get their turn.</summary>
    private const int BatchesInTurn = 16;

    private readonly ConcurrentQueue<ReplayMessage> _messages = new();
    private readonly IReplaySink _sink;
    private readonly int _capacity;
    private readonly ILogger _logger;
    private readonly SinkThread _thread = SinkThread.Next();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>True: the sink has taken all; false: it has broken, or the queue was disposed.</summary>
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isCompleting;
    private int _isScheduled;
    private int _waiting;
    private long _missed;
    private bool _isDisposed;

    /// <summary>Starts to hand messages over.</summary>
    /// <param name="sink">Takes the messages.</param>
    /// <param name="capacity">Messages that may wait for the sink, at least 1; those that it is given at the moment do not count.</param>
    /// <param name="logger">Is told when the sink breaks.</param>
    public SinkQueue(IReplaySink sink, int capacity, ILogger logger) => (_sink, _capacity, _logger) = (sink, capacity, logger);

    /// <summary>Messages that the sink was too slow for.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Whether the sink has taken all that was handed over, and is done with it.</summary>
    internal bool IsIdle => (Volatile.Read(ref _isScheduled) == 0 || _ended.Task is { IsCompletedSuccessfully: true, Result: true }) && _messages.IsEmpty;

    /// <summary>Lets the sink take what waits for it, and nothing that comes later. Completes once it has, or has broken.</summary>
    public Task CompleteAsync()
    {
        _isCompleting = true;
        Notify();
        return _ended.Task;
    }

    /// <summary>Lets the sink take what waits, and settle it. What is left after a while is given up, and discarded when the queue is disposed.</summary>
    /// <param name="settle">Completes once nothing that the sink has taken is open.</param>
    /// <param name="atMost">How long that may take.</param>
    /// <param name="time">Time.</param>
    internal async Task CompleteAsync(Func<CancellationToken, Task> settle, TimeSpan atMost, TimeProvider time)
    {
        using var giveUp = new CancellationTokenSource(atMost, time);
        try
        {
            await CompleteAsync().WaitAsync(giveUp.Token);
            await settle(giveUp.Token);
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            // What is left is counted as lost.
        }
    }

    /// <summary>Stops handing over; messages still in the queue are given up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _stopping.CancelAsync();
        await CompleteAsync();
        _stopping.Dispose();
        while (_messages.TryDequeue(out var message)) _sink.OnDiscarded(message);
    }

    /// <summary>Hands a message over without waiting. On a lane's thread.</summary>
    internal void Offer(in ReplayMessage message)
    {
        if (!_sink.Takes(message)) return;
        if (Interlocked.Increment(ref _waiting) > _capacity)
        {
            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _missed);
            _sink.OnMissed(message);
            return;
        }
        _sink.OnOffered(message);
        _messages.Enqueue(message);
        Notify();
    }

    /// <summary>Has an agent cut off until a time of the engine's clock.</summary>
    internal void Disconnect(long agent, long until) => _sink.OnDisconnect(agent, until);

    /// <summary>Hands over what waits. On the queue's thread, and elsewhere from where the sink has to wait.</summary>
    internal async Task EmptyAsync()
    {
        var batch = ArrayPool<ReplayMessage>.Shared.Rent(Math.Min(_capacity, LongestBatch));
        try
        {
            for (var batches = 0; batches < BatchesInTurn; batches++)
            {
                _stopping.Token.ThrowIfCancellationRequested();
                var isLast = _isCompleting;
                if (Take(batch) is > 0 and var count)
                {
                    await _sink.AcceptAsync(batch.AsMemory(0, count), _stopping.Token);
                    continue;
                }
                if (isLast)
                {
                    _ended.TrySetResult(true);
                    return;
                }
                Interlocked.Exchange(ref _isScheduled, 0);
                // What came meanwhile was not announced.
                if ((_messages.IsEmpty && !_isCompleting) || Interlocked.Exchange(ref _isScheduled, 1) == 1) return;
            }
            _thread.Add(this);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _ended.TrySetResult(false);
        }
        catch (Exception exception)
        {
            // From here on the queue fills up and every further message counts as missed; agents are not touched.
            LogSinkBroke(_logger, exception, _sink.GetType().Name);
            _ended.TrySetResult(false);
        }
        finally
        {
            ArrayPool<ReplayMessage>.Shared.Return(batch, clearArray: true);
        }
    }

    private void Notify()
    {
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0) _thread.Add(this);
    }

    private int Take(Span<ReplayMessage> batch)
    {
        var count = 0;
        while (count < batch.Length && _messages.TryDequeue(out batch[count])) count++;
        Interlocked.Add(ref _waiting, -count);
        return count;
    }

    [LoggerMessage(201, LogLevel.Error, "The sink {Sink} broke and gets no more messages")]
    private static partial void LogSinkBroke(ILogger logger, Exception exception, string sink);
}
