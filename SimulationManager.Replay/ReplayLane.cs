using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>
/// One thread and the agents that it drives. Nothing is allocated or locked per message; commands come through a queue and
/// run between two turns.
/// </summary>
internal sealed partial class ReplayLane : IDisposable
{
    private readonly ConcurrentQueue<LaneWork> _work = new();
    private readonly ReplaySchedule _schedule = new();
    private readonly ILaneWait _wait;
    private readonly ILogger _logger;
    private readonly long _wakeInterval;
    private readonly Thread? _thread;
    private ReplayAgent?[] _agents = new ReplayAgent?[64];
    private readonly Stack<int> _freeSlots = new();
    private int _slots;
    private long _messagesOut;
    private long _bytesOut;
    private long _dropped;
    private long _worstLateness;
    private volatile bool _stopping;

    public ReplayLane(int number, ReplayClock clock, ReplayOptions options, bool runsItself, ILogger logger)
    {
        Clock = clock;
        _logger = logger;
        DropAfter = options.Overload == OverloadPolicy.Drop ? Nanoseconds(options.DropAfter) : ReplayAgent.Never;
        _wakeInterval = Nanoseconds(options.WakeInterval);
        _wait = LaneWait.Create();
        if (!runsItself) return;
        _thread = new Thread(Run) { IsBackground = true, Name = $"replay-lane-{number}" };
        _thread.Start();
    }

    public ReplayClock Clock { get; }

    /// <summary>Lateness in nanoseconds from which a message is dropped.</summary>
    public long DropAfter { get; }

    /// <summary>Lateness of everything this lane put out. Read it through <see cref="Do"/>.</summary>
    public LatenessHistogram Lateness { get; } = new();

    public long MessagesOut => Volatile.Read(ref _messagesOut);
    public long BytesOut => Volatile.Read(ref _bytesOut);
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Greatest lateness in nanoseconds since the last call.</summary>
    public long TakeWorstLateness() => Interlocked.Exchange(ref _worstLateness, 0);

    /// <summary>Runs something on this lane's thread, between two turns; it is given the time.</summary>
    public Task Do(Action<long> action)
    {
        var work = new LaneWork(action);
        if (_thread is null)
        {
            // Driven by hand: whoever drives it is the lane's thread.
            work.Run(Clock.Now);
            return work.Done.Task;
        }
        _work.Enqueue(work);
        if (_stopping) CancelWork();
        _wait.Wake();
        return work.Done.Task;
    }

    public void CountOut(long lateness, int bytes)
    {
        Lateness.Record(lateness);
        Volatile.Write(ref _messagesOut, _messagesOut + 1);
        Volatile.Write(ref _bytesOut, _bytesOut + bytes);
        if (lateness > Volatile.Read(ref _worstLateness)) Volatile.Write(ref _worstLateness, lateness);
    }

    public void CountDropped() => Volatile.Write(ref _dropped, _dropped + 1);

    /// <summary>Takes an agent into the schedule. On this lane's thread only.</summary>
    public void Schedule(ReplayAgent agent)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _slots++;
            if (slot == _agents.Length) Array.Resize(ref _agents, slot * 2);
        }
        agent.Slot = slot;
        _agents[slot] = agent;
        _schedule.Add(agent.NextDeadline(), slot);
    }

    /// <summary>Takes an agent out of the schedule, which is to be ordered anew afterwards. On this lane's thread only.</summary>
    public void Unschedule(ReplayAgent agent)
    {
        if (agent.Slot >= 0) Release(agent);
    }

    /// <summary>Orders the schedule anew after deadlines were changed, and removes agents that have ended. On this lane's thread only.</summary>
    public void Reschedule()
    {
        _schedule.Clear();
        for (var slot = 0; slot < _slots; slot++)
        {
            if (_agents[slot] is not { } agent) continue;
            if (agent.State.HasEnded()) Release(agent);
            else _schedule.Add(agent.NextDeadline(), slot);
        }
    }

    /// <summary>Runs waiting commands and puts out everything that is due; returns the next deadline.</summary>
    public long RunDue()
    {
        while (true)
        {
            if (!_work.IsEmpty) RunWork();
            if (_schedule.NextDeadline > Clock.Now || _stopping) return _schedule.NextDeadline;
            var agent = _agents[_schedule.NextSlot]!;
            var next = PlayGuarded(agent);
            if (!agent.State.HasEnded())
            {
                _schedule.MoveFirst(next);
                continue;
            }
            _schedule.RemoveFirst();
            Release(agent);
            agent.Cohort.CountEnded(agent);
        }
    }

    /// <summary>Ends the thread; agents stay where they are.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wait.Wake();
        _thread?.Join();
        CancelWork();
        _wait.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            var started = Clock.Now;
            var next = RunDue();
            // Waiting for each microsecond's message would cost a core; what falls due meanwhile goes out together.
            _wait.Until(Math.Max(next, started + _wakeInterval), Clock);
        }
    }

    private long PlayGuarded(ReplayAgent agent)
    {
        try
        {
            return agent.Play(this);
        }
        catch (Exception exception)
        {
            // One agent's fault must not take the lane's other agents down; it is reported as this agent's failure.
            LogAgentBroke(_logger, exception, agent.InstanceId, agent.Cohort.Key);
            agent.End(AgentState.Failed, "a message could not be played; see the worker's log");
            return ReplayAgent.Never;
        }
    }

    private void Release(ReplayAgent agent)
    {
        _agents[agent.Slot] = null;
        _freeSlots.Push(agent.Slot);
        agent.Slot = -1;
    }

    private void RunWork()
    {
        while (_work.TryDequeue(out var work)) work.Run(Clock.Now);
    }

    private void CancelWork()
    {
        while (_work.TryDequeue(out var work)) work.Done.TrySetCanceled();
    }

    [LoggerMessage(202, LogLevel.Error, "Agent {Agent} of {Cohort} broke")]
    private static partial void LogAgentBroke(ILogger logger, Exception exception, long agent, string cohort);

    private static long Nanoseconds(TimeSpan time) => (long)(time.Ticks * 100.0);

    private sealed class LaneWork(Action<long> action)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run(long now)
        {
            try
            {
                action(now);
                Done.TrySetResult();
            }
            catch (Exception exception)
            {
                Done.TrySetException(exception);
            }
        }
    }
}
