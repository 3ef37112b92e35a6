namespace SimulationManager.Replay;

/// <summary>
/// One agent: plays its cohort's bag over and over at recorded timing. Every deadline is absolute, computed from the time at
/// which the pass was due to start, so lateness never adds up to drift. Only its lane's thread touches it.
/// </summary>
internal sealed partial class ReplayAgent(ReplayCohort cohort, CohortShare share, long instanceId)
{
    /// <summary>The deadline of an agent that waits for nothing.</summary>
    public const long Never = long.MaxValue;

    /// <summary>Messages in one turn, so that an agent which is behind does not keep the others waiting.</summary>
    private const int MessagesPerTurn = 32;

    /// <summary>A looped pass of zero length would keep the lane for ever.</summary>
    private const long ShortestLoopedPass = 1_000_000;

    /// <summary>How long after the limit an agent that is behind may still catch up.</summary>
    private const long LimitGrace = 1_000_000_000;

    private readonly ReplayTimeline _timeline = cohort.Timeline;
    private readonly ReplayWindow _window = cohort.Window;
    private double _rate = cohort.Rate;
    private long _passStart;
    private long _limitAt = Never;
    private long _againUntil = long.MinValue;
    private long _pausedPosition = StartOf(cohort, instanceId);
    private long? _positionAt;
    private long _pausedAt;
    private long _nextTick = Never;
    private int _next = FirstOf(cohort, instanceId);
    private int _repeatsDone;
    private long _dropped;
    private long _released;
    private long _releasedTo;
    private bool _isPaused;
    private bool _isHeld;

    public ReplayCohort Cohort { get; } = cohort;
    public long InstanceId { get; } = instanceId;

    /// <summary>Index in its lane's table while it is scheduled, else -1.</summary>
    public int Slot { get; set; } = -1;

    public AgentState State { get; private set; } = AgentState.Ready;
    public string? Error { get; private set; }
    public long MessagesOut { get; private set; }
    public LatenessHistogram Lateness { get; } = new();

    /// <summary>Continues from a checkpoint instead of the start.</summary>
    /// <param name="checkpoint">Where it was.</param>
    /// <param name="at">When it was there, if it is to go on as if it had played since; null: it goes on from there.</param>
    public void Restore(in AgentCheckpoint checkpoint, long? at)
    {
        _released = checkpoint.Released;
        if (checkpoint.IsAtStart) return;
        if (checkpoint.State == AgentState.Playing) _positionAt = at;
        _repeatsDone = checkpoint.RepeatsDone;
        _next = Math.Clamp(checkpoint.Next, _window.First, _window.End);
        _pausedPosition = checkpoint.Position;
        MessagesOut = checkpoint.MessagesOut;
        _dropped = checkpoint.Dropped;
        Error = checkpoint.Error;
        if (checkpoint.Faults != default || checkpoint.FaultStarts is not null)
        {
            _faults ??= new AgentFaults([], InstanceId);
            (_faults.Counts, _faults.Starts) = (checkpoint.Faults, checkpoint.FaultStarts ?? []);
        }
        if (checkpoint.State.HasEnded()) State = checkpoint.State;
    }

    public void Begin(long now, long limitAt)
    {
        if (State != AgentState.Ready) return;
        _limitAt = limitAt;
        if (Cohort.PlayedOnSince is { } since) _againUntil = now + (now - since);
        GoOnFrom(_pausedPosition, _positionAt ?? now);
        StartClock(now);
        State = AgentState.Playing;
        ShowLatched(Sinks, _pausedPosition < 0 ? _phase : _pausedPosition, now);
        if (_isHeld) Stand(now);
        if (_window.Count > 0) return;
        _repeatsDone = Cohort.RepeatCount;
        State = AgentState.Completed;
    }

    /// <summary>Holds it whatever is asked of the others, or lets it follow them again.</summary>
    public void Hold(bool isHeld, long now)
    {
        _isHeld = isHeld;
        if (isHeld) Stand(now);
        else if (!_isPaused) Resume(now);
    }

    public void Pause(long now)
    {
        _isPaused = true;
        _releasedTo = _released;
        Stand(now);
    }

    private void Stand(long now)
    {
        if (State != AgentState.Playing) return;
        SendHeld(now);
        _pausedPosition = PositionAt(now);
        _pausedAt = now;
        State = AgentState.Paused;
    }

    public void Resume(long now)
    {
        _isPaused = false;
        if (State != AgentState.Paused || _isHeld) return;
        GoOnFrom(_pausedPosition, now);
        if (_limitAt != Never) _limitAt += now - _pausedAt;
        if (_againUntil != long.MinValue) _againUntil += now - _pausedAt;
        StartClock(now);
        State = AgentState.Playing;
    }

    /// <summary>Lets it put out what it still owes of the messages that were released for agents that are paused; while it plays, it owes none.</summary>
    /// <param name="released">Released since the run's start.</param>
    /// <param name="before">Those of them that nobody owes any more.</param>
    public void Release(long released, long before)
    {
        _released = Math.Max(_released, State == AgentState.Paused ? before : released);
        _releasedTo = released;
    }

    /// <summary>Goes to a position of the bag within the pass it is playing: before the pass's start, to that; past its end, the pass is over.</summary>
    public void Seek(long position, long now)
    {
        if (State.HasEnded()) return;
        var target = Math.Clamp(position - _window.Start, 0, _window.Length);
        _next = position - _window.Start > _window.Length ? _window.End : Math.Clamp(_timeline.FirstAtOrAfter(_window.Start + target), _window.First, _window.End);
        _pausedPosition = target;
        GoOnFrom(target, now);
        if (position - _window.Start <= _window.Length) ShowLatched(Sinks, target, now);
    }

    public void SetRate(double rate, long now)
    {
        if (rate == _rate) return;
        var position = State == AgentState.Playing ? PositionAt(now) : _pausedPosition;
        _rate = rate;
        GoOnFrom(position, now);
    }

    public void End(AgentState state, string? error = null)
    {
        if (State.HasEnded()) return;
        var now = share.Lane.Clock.Now;
        if (state == AgentState.Stopped) SendHeld(now);
        if (State == AgentState.Playing) _pausedPosition = PositionAt(now);
        State = state;
        Error = error;
    }

    /// <summary>When it next has something to do.</summary>
    public long NextDeadline() => State switch
    {
        AgentState.Playing => NextAfter(DueAt(_next)),
        AgentState.Paused when _released < _releasedTo => _pausedAt,
        _ => Never,
    };

    /// <summary>Puts out what is due and returns the next deadline, <see cref="Never"/> once it has ended.</summary>
    public long Play(ReplayLane lane)
    {
        if (State == AgentState.Paused) return PlayReleased(lane);
        var now = lane.Clock.Now;
        for (var turn = 0; turn < MessagesPerTurn; turn++)
        {
            var dueAt = DueAt(_next);
            if (_nextTick <= now && _nextTick <= dueAt)
            {
                Tick(now);
                continue;
            }
            if (_faults is not null && _faults.NextSend is var sendAt && sendAt <= now && sendAt <= dueAt)
            {
                _faults.SendNext(this, now);
                continue;
            }
            if (dueAt > _limitAt ? now >= _limitAt : now >= _limitAt && now - _limitAt > LimitGrace)
            {
                SendHeld(now);
                State = AgentState.LimitReached;
                return Never;
            }
            if (dueAt > now) return NextAfter(dueAt);
            if (_next == _window.End)
            {
                if (!StartNextPass(now)) return Never;
                continue;
            }
            now = PutOut(_next, dueAt, lane);
            _next++;
        }
        return NextAfter(DueAt(_next));
    }

    /// <summary>Where it is in the timeline, while its lane goes on. The message comes first: a pass that has just begun is then counted, too.</summary>
    public AgentPlace PeekPlace()
    {
        var next = Volatile.Read(ref _next);
        return new AgentPlace(InstanceId, next, Volatile.Read(ref _repeatsDone));
    }

    public AgentCheckpoint Checkpoint(long now) =>
        new(
            InstanceId, State, _repeatsDone, _next, State == AgentState.Playing ? PositionAt(now) : _pausedPosition, MessagesOut, _dropped, Error, _released,
            _faults?.Counts ?? default, _faults is { Starts: { Length: > 0 } starts } ? starts : null);

    /// <summary>Where an agent is that no lane drives any more; its position is where it ought to be, though messages before it have yet to go out.</summary>
    public AgentCheckpoint DetachedCheckpoint(long now) => State == AgentState.Playing ? Checkpoint(now) with { Position = Elapsed(now) } : Checkpoint(now);

    /// <summary>When it has something to do, given when its next message is due.</summary>
    private long NextAfter(long dueAt)
    {
        var next = Math.Min(Math.Min(dueAt, _limitAt), _nextTick);
        return _faults is null ? next : Math.Min(next, _faults.NextSend);
    }

    /// <summary>The end of the pass is one more deadline, after the last message.</summary>
    private long DueAt(int message) => _passStart + (_jitter == 0 ? RecordedAfter(message) : JitteredAfter(message));

    private long RecordedAfter(int message) => InTime(message == _window.End ? _window.Length : _timeline.PositionOf(message) - _window.Start);

    /// <summary>Puts out what it owes while it is paused. At the end of the pass it owes nothing more.</summary>
    private long PlayReleased(ReplayLane lane)
    {
        for (var turn = 0; turn < MessagesPerTurn && _released < _releasedTo; turn++)
        {
            if (_next == _window.End)
            {
                _released = _releasedTo;
                break;
            }
            _pausedPosition = _timeline.PositionOf(_next) - _window.Start;
            PutOut(_next, lane.Clock.Now, lane);
            _next++;
            _released++;
        }
        return _released < _releasedTo ? lane.Clock.Now : Never;
    }

    private bool StartNextPass(long now)
    {
        _repeatsDone++;
        if (!Cohort.Loop && _repeatsDone >= Cohort.RepeatCount)
        {
            SendHeld(now);
            State = AgentState.Completed;
            return false;
        }
        _passStart += PassTime;
        _dueOf = -1;
        _next = _window.First;
        ShowLatched(Sinks, 0, now);
        return true;
    }

    private long PutOut(int message, long dueAt, ReplayLane lane)
    {
        var sentAt = lane.Clock.Now;
        var lateness = sentAt - dueAt;
        if (lateness > lane.DropAfter)
        {
            _dropped++;
            Cohort.CountDropped(_timeline.TopicOf(message));
            lane.CountDropped();
            return sentAt;
        }
        Lateness.Record(lateness);
        share.Lateness.Record(lateness);
        MessagesOut++;
        lane.CountOut(lateness, _timeline.SizeOf(message));
        if (Sinks is not null || _faults is not null) Play(message, dueAt, sentAt);
        return sentAt;
    }

    /// <summary>Where in the pass it is: never past a message that has yet to go out.</summary>
    private long PositionAt(long now) => Math.Min(Elapsed(now), _jitter > 0 ? InBag(JitteredAfter(_next)) : _next == _window.End ? _window.Length : _timeline.PositionOf(_next) - _window.Start);

    /// <summary>Nanoseconds of the bag since the pass started. Before it joins it is time that passes, whatever the rate.</summary>
    private long Elapsed(long now) => now < _joinsAt ? now - _joinsAt : InBag(now - _passStart);

    private long InBag(long time) => _rate == 1 ? time : (long)Math.Min(time * _rate, ReplayTimeline.MaxPosition);

    private long InTime(long position) =>
        _rate == 1 || position < 0 ? position : (long)Math.Min(position / _rate, ReplayTimeline.MaxPosition);
}
