namespace SimulationManager.Replay;

/// <summary>What those who view an agent get beside the messages of the pass: the clock, and what is latched. Neither is in any count.</summary>
internal sealed partial class ReplayAgent
{
    /// <summary>Viewers of this agent; null when there is none.</summary>
    public SinkQueue[]? Sinks { get; private set; }

    /// <summary>Changes who views this agent; one who is added gets what is latched first. The clock ticks only while someone does: it is said to nobody else.</summary>
    public void View(SinkQueue[]? sinks, SinkQueue? added, long now)
    {
        Sinks = sinks;
        StartClock(now);
        if (added is not null && State is AgentState.Playing or AgentState.Paused) ShowLatched([added], State == AgentState.Playing ? PositionAt(now) : _pausedPosition, now);
    }

    /// <summary>During the delay there is no time of the bag to tell.</summary>
    private void StartClock(long now) => _nextTick = Cohort.ClockPeriod is not null && Sinks is not null ? Math.Max(now, _joinsAt) : Never;

    /// <summary>Tells the time of the bag. Ticks that were missed are not made up for: the next one tells the time as well.</summary>
    private void Tick(long now)
    {
        var period = Cohort.ClockPeriod!.Value;
        var dueAt = _nextTick + ((now - _nextTick) / period * period);
        _nextTick = dueAt + period;
        if (IsSilentAt(Math.Max(0, PositionAt(dueAt)))) return;
        Show(new ReplayMessage(InstanceId, _timeline, ReplayMessage.ClockIndex, _repeatsDone, dueAt, now, _timeline.Start + _window.Start + Math.Max(0, PositionAt(dueAt))));
    }

    /// <summary>Shows viewers what transient-local publishers would give to whoever joins at a position of the pass.</summary>
    private void ShowLatched(SinkQueue[]? viewers, long position, long now)
    {
        if (viewers is null || !Cohort.RepeatLatched || IsSilentAt(position)) return;
        foreach (var topic in _timeline.Latched)
        {
            foreach (var message in topic.KeptAt(_timeline, _next, _window.Start + position))
            {
                var bagTime = _timeline.Start + _timeline.PositionOf(message);
                foreach (var viewer in viewers) viewer.Offer(new ReplayMessage(InstanceId, _timeline, message, _repeatsDone, now, now, bagTime, IsLatched: true));
            }
        }
    }

    /// <summary>Shows a message to those who view this agent.</summary>
    private void Show(in ReplayMessage message)
    {
        foreach (var sink in Sinks!) sink.Offer(message);
    }
}
