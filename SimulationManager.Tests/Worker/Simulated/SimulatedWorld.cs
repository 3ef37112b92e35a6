using System.Globalization;

namespace SimulationManager.Tests.Worker.Simulated;

/// <summary>
/// Time and processes on one thread. The code under test runs on the processes' synchronization contexts and clocks; in which
/// order things happen follows from the seed alone.
/// </summary>
internal sealed class SimulatedWorld(int seed, Action<string>? log)
{
    private readonly PriorityQueue<(SimulatedProcess Process, Action Work), (long At, long Order)> _events = new();
    private readonly Queue<(SimulatedProcess Process, Action Work)> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    public Random Random { get; } = new(seed);

    /// <summary>Nanoseconds since the simulation began.</summary>
    public long Now { get; private set; }

    /// <summary>What failed that nobody waited for.</summary>
    public List<Exception> Unhandled { get; } = [];

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now / 100);

    /// <summary>Says what happens, for whoever looks for the cause of a violation.</summary>
    public void Log(FormattableString what) => log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,8:0.000} {FormattableString.Invariant(what)}"));

    /// <summary>A time between two others, each as likely.</summary>
    public TimeSpan Between(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromMilliseconds(fromMilliseconds + (Random.NextDouble() * (toMilliseconds - fromMilliseconds)));

    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Runs something on a process after a delay, unless the process has died by then.</summary>
    public void After(TimeSpan delay, SimulatedProcess process, Action work) => At(Now + (Math.Max(0, delay.Ticks) * 100), process, work);

    public void At(long at, SimulatedProcess process, Action work)
    {
        CheckThread();
        _events.Enqueue((process, work), (at, _order++));
    }

    /// <summary>Runs something on a process next.</summary>
    public void Post(SimulatedProcess process, Action work)
    {
        CheckThread();
        _ready.Enqueue((process, work));
    }

    /// <summary>Lets time pass until nothing is left to do or it is over.</summary>
    /// <param name="engines">Runs what is due in the engines and returns their next deadline.</param>
    /// <param name="isOver">Asked before time moves on.</param>
    public void Run(Func<long> engines, Func<bool> isOver)
    {
        var outer = SynchronizationContext.Current;
        try
        {
            while (true)
            {
                while (_ready.TryDequeue(out var next)) Run(next.Process, next.Work);
                var deadline = engines();
                if (_ready.Count > 0) continue;
                if (isOver()) return;
                var at = _events.TryPeek(out _, out var first) ? first.At : long.MaxValue;
                if (Math.Min(at, deadline) == long.MaxValue) return;
                Now = Math.Max(Now, Math.Min(at, deadline));
                while (_events.TryPeek(out _, out var due) && due.At <= Now) _ready.Enqueue(_events.Dequeue());
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void Run(SimulatedProcess process, Action work)
    {
        if (process.IsDead) return;
        if (process.PausedUntil > Now)
        {
            At(process.PausedUntil, process, work);
            return;
        }
        SynchronizationContext.SetSynchronizationContext(process);
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Unhandled.Add(exception);
        }
    }

    private void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("The code under test has left the simulation's thread.");
    }
}

/// <summary>A process of a <see cref="SimulatedWorld"/>: what continues on it continues one after another, and not any more once it is dead.</summary>
internal sealed class SimulatedProcess : SynchronizationContext
{
    private readonly SimulatedWorld _world;

    public SimulatedProcess(SimulatedWorld world)
    {
        _world = world;
        Time = new Clock(world, this);
    }

    public TimeProvider Time { get; }
    public bool IsDead { get; set; }

    /// <summary>Until when it does nothing, as a process that its machine does not let run.</summary>
    public long PausedUntil { get; set; }

    public override void Post(SendOrPostCallback callback, object? state) => _world.Post(this, () => callback(state));

    public override void Send(SendOrPostCallback callback, object? state) => throw new NotSupportedException("Nothing waits in a simulation.");

    private sealed class Clock(SimulatedWorld world, SimulatedProcess process) : TimeProvider
    {
        private static readonly DateTimeOffset Start = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => world.Now;

        public override DateTimeOffset GetUtcNow() => Start + world.Elapsed;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(world, process, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class Timer(SimulatedWorld world, SimulatedProcess process, Action callback) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            world.After(dueTime, process, () =>
            {
                if (version != _version) return;
                if (period != Timeout.InfiniteTimeSpan) Change(period, period);
                callback();
            });
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
