namespace SimulationManager.Replay;

/// <summary>What sets an agent apart from the others of its fleet: when it joins, where it begins, and how late its messages are due.</summary>
internal sealed partial class ReplayAgent
{
    /// <summary>Messages before one that may hold it up; more within the jitter's time are no bag of a robot.</summary>
    private const int LongestLookBack = 16_384;

    private readonly long _phase = cohort.Fleet.PhaseOf(instanceId, cohort.Window);
    private readonly int _firstOfAll = FirstOf(cohort, instanceId);
    private readonly long _jitter = cohort.Jitter;
    private readonly AgentDice _jitterDice = new(cohort.Fleet, instanceId, AgentDice.Jitter);

    /// <summary>Null: it meets none, and has never met any.</summary>
    private AgentFaults? _faults = cohort.FaultsOf(instanceId);

    /// <summary>What the cohort was told last that this agent knows of.</summary>
    private ReadyFault[] _injected = [];

    /// <summary>Until then it waits for its first pass.</summary>
    private long _joinsAt = long.MinValue;

    /// <summary>The message whose due time is <see cref="_dueAfter"/>; -1: none.</summary>
    private int _dueOf = -1;
    private long _dueAfter;

    /// <summary>Nanoseconds from one pass to the next.</summary>
    private long PassTime => Cohort.Loop ? Math.Max(InTime(_window.Length), ShortestLoopedPass) : InTime(_window.Length);

    /// <summary>Sends what faults hold back, at once: there will be no later.</summary>
    public void SendHeld(long now) => _faults?.SendAll(this, now);

    /// <summary>Messages that faults hold back, in the order in which they would go out.</summary>
    public IEnumerable<HeldMessage> Held => _faults?.Held ?? [];

    /// <summary>Puts a message out to those who listen.</summary>
    public void Send(int message, int repeat, long dueAt, long sentAt)
    {
        if (Sinks is null) return;
        var shown = new ReplayMessage(InstanceId, _timeline, message, repeat, dueAt, sentAt, _timeline.Start + _timeline.PositionOf(message), IsAgain: dueAt <= _againUntil);
        // The clock stands still while it is paused, but for its steps.
        var isStep = State == AgentState.Paused && Cohort.ClockPeriod is not null;
        if (isStep || Cohort.TellsTimeBefore(_timeline.TopicOf(message))) Show(shown with { Index = ReplayMessage.ClockIndex, IsAgain = false });
        Show(shown);
    }

    /// <summary>Lets it meet these faults, and no other ones but those of its plan, from its next message on.</summary>
    /// <param name="injected">Those of the cohort.</param>
    /// <param name="seek">The position of the bag where it is about to go; null: it stays where it is.</param>
    /// <param name="now">Now.</param>
    public void Inject(ReadyFault[] injected, long? seek, long now)
    {
        if (injected == _injected) return;
        _injected = injected;
        var met = Array.FindAll(injected, fault => fault.Meets(InstanceId));
        if (met.Length == 0 && _faults is null) return;
        var position = seek is { } to ? Math.Clamp(to - _window.Start, 0, _window.Length) : State == AgentState.Playing ? PositionAt(now) : _pausedPosition;
        (_faults ??= new AgentFaults([], InstanceId)).Inject(this, met, PlayedAt(position), now);
    }

    /// <summary>Cuts it off from those who listen, for a time of the bag.</summary>
    public long CutOff(long now, long forBagTime)
    {
        var until = now + InTime(forBagTime);
        foreach (var sink in Sinks ?? []) sink.Disconnect(InstanceId, until);
        return until;
    }

    /// <summary>Where it is before it begins: negative while it has to wait.</summary>
    private static long StartOf(ReplayCohort cohort, long agent)
    {
        var wait = cohort.Delay + cohort.Fleet.JoinsAfter(agent);
        return wait > 0 ? -wait : cohort.Fleet.PhaseOf(agent, cohort.Window);
    }

    private static int FirstOf(ReplayCohort cohort, long agent) =>
        FleetPlan.FirstMessage(cohort.Timeline, cohort.Window, cohort.Fleet.PhaseOf(agent, cohort.Window));

    /// <summary>Sets the times so that it is at a position at a time; negative: so much before it begins.</summary>
    private void GoOnFrom(long position, long at)
    {
        _dueOf = -1;
        _joinsAt = position < 0 ? at - position : long.MinValue;
        _passStart = position < 0 ? _joinsAt - InTime(_phase) : at - InTime(position);
    }

    /// <summary>Nanoseconds of the bag that it has played at a position of its pass, over all passes.</summary>
    private long PlayedAt(long position) =>
        (long)Int128.Clamp(((Int128)_repeatsDone * _window.Length) + position - _phase, 0, ReplayTimeline.MaxPosition);

    private bool IsSilentAt(long position) => _faults is not null && _faults.AreSilentAt(PlayedAt(position));

    private void Play(int message, long dueAt, long sentAt)
    {
        if (_faults is null) Send(message, _repeatsDone, dueAt, sentAt);
        else _faults.Meet(this, new HeldMessage(sentAt, dueAt, message, _repeatsDone), _timeline.TopicOf(message), PlayedAt(_timeline.PositionOf(message) - _window.Start));
    }

    /// <summary>Nanoseconds after the pass's start at which a message is due: late by chance, but never before the one before it.</summary>
    private long JitteredAfter(int message)
    {
        if (_dueOf == message) return _dueAfter;
        var own = message == _window.End ? InTime(_window.Length) : RecordedAfter(message) + JitterOf(_repeatsDone, message);
        _dueAfter = _dueOf >= 0 && _dueOf == message - 1 ? Math.Max(_dueAfter, own) : LatestBefore(message, own);
        _dueOf = message;
        return _dueAfter;
    }

    /// <summary>The latest time at which a message or one before it is due: an agent that has just come here has the same times as one that was here all along.</summary>
    private long LatestBefore(int message, long latest)
    {
        var (pass, passStart, index) = (_repeatsDone, 0L, message);
        for (var step = 0; step < LongestLookBack; step++)
        {
            if (index <= (pass == 0 ? _firstOfAll : _window.First))
            {
                if (pass == 0) return latest;
                (pass, passStart, index) = (pass - 1, passStart - PassTime, _window.End);
                continue;
            }
            index--;
            var recorded = passStart + RecordedAfter(index);
            if (recorded + _jitter <= latest) return latest;
            latest = Math.Max(latest, recorded + JitterOf(pass, index));
        }
        return latest;
    }

    private long JitterOf(int pass, int message) => (long)(_jitterDice.Roll(pass, message) * _jitter);
}
