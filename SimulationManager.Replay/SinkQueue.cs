using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// The bounded queue between the lanes and one sink. Lanes only ever put a message in or count it as missed; the sink
/// empties it at its own pace on the thread pool.
/// </summary>
public sealed partial class SinkQueue : IAsyncDisposable
{
    private readonly Channel<ReplayMessage> _messages;
    private readonly IReplaySink _sink;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _pump;
    private long _missed;

    /// <summary>Starts to hand messages over.</summary>
    /// <param name="sink">Takes the messages.</param>
    /// <param name="capacity">Messages that may wait for the sink, at least 1.</param>
    /// <param name="logger">Is told when the sink breaks.</param>
    public SinkQueue(IReplaySink sink, int capacity, ILogger logger)
    {
        _sink = sink;
        _logger = logger;
        _messages = Channel.CreateBounded<ReplayMessage>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _pump = PumpAsync();
    }

    /// <summary>Messages that the sink was too slow for.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Hands a message over without waiting.</summary>
    internal void Offer(in ReplayMessage message)
    {
        if (!_messages.Writer.TryWrite(message)) Interlocked.Increment(ref _missed);
    }

    /// <summary>Stops handing over; messages still in the queue are given up.</summary>
    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _pump;
        _stopping.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (var message in _messages.Reader.ReadAllAsync(_stopping.Token))
                await _sink.AcceptAsync(message, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception exception)
        {
            // From here on the queue fills up and every further message counts as missed; agents are not touched.
            LogSinkBroke(_logger, exception, _sink.GetType().Name);
        }
    }

    [LoggerMessage(201, LogLevel.Error, "The sink {Sink} broke and gets no more messages")]
    private static partial void LogSinkBroke(ILogger logger, Exception exception, string sink);
}
