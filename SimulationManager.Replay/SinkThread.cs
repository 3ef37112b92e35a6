using System.Collections.Concurrent;

namespace SimulationManager.Replay;

/// <summary>
/// A thread that hands queued messages over to sinks, one queue after the other. Threads of the pool could do that, but thousands of queues with a few
/// messages each would then cost a wakeup for nearly every message.
/// </summary>
internal sealed class SinkThread
{
    /// <summary>How long a thread that had something to do lets more come together, in nanoseconds: a message waits no longer than that for others.</summary>
    private const long Pause = 250_000;

    private static readonly SinkThread[] s_threads = [.. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(number => new SinkThread(number))];
    private static int s_next;

    private readonly ConcurrentQueue<SinkQueue> _ready = new();
    private readonly ReplayClock _clock = new(TimeProvider.System);
    private readonly ILaneWait _wait = LaneWait.Create();
    private int _isAsleep;

    private SinkThread(int number) => new Thread(Run) { IsBackground = true, Name = $"replay-sink-{number}" }.Start();

    /// <summary>A thread for one more queue: they are shared out in turn.</summary>
    public static SinkThread Next() => s_threads[(uint)Interlocked.Increment(ref s_next) % s_threads.Length];

    /// <summary>Has a queue emptied. Any thread.</summary>
    public void Add(SinkQueue queue)
    {
        _ready.Enqueue(queue);
        if (Interlocked.Exchange(ref _isAsleep, 0) == 1) _wait.Wake();
    }

    private void Run()
    {
        while (true)
        {
            if (_ready.TryDequeue(out var queue))
            {
                do _ = queue.EmptyAsync();
                while (_ready.TryDequeue(out queue));
                _wait.Until(_clock.Now + Pause, _clock);
                continue;
            }
            Interlocked.Exchange(ref _isAsleep, 1);
            if (_ready.IsEmpty) _wait.Until(long.MaxValue, _clock);
            Interlocked.Exchange(ref _isAsleep, 0);
        }
    }
}
