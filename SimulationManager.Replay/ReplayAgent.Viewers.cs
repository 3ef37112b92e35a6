namespace SimulationManager.Replay;

/// <summary>What those who view an agent get beside the messages of the pass: the clock, and what is latched. Neither is in any count.</summary>
internal sealed partial class ReplayAgent
{
    /// <summary>Viewers of this agent; null when there is none.</summary>
    public SinkQueue[]? Sinks { get; private set; }

    /// <summary>Changes who views this agent. The clock ticks only while someone does: it is said to nobody else.</summary>
    public void View(SinkQueue[]? sinks, long now)
    {
        Sinks = sinks;
        // Those who hear the clock already must not hear a tick out of turn because one more joins.
        if (sinks is null || _nextTick == Never) StartClock(now);
    }

    /// <summary>Shows a viewer what is latched of some topics at the moment.</summary>
    public void ShowLatched(SinkQueue viewer, Func<int, bool> isOfTopic, long now)
    {
        if (State is AgentState.Playing or AgentState.Paused) ShowLatched([viewer], State == AgentState.Playing ? PositionAt(now) : _pausedPosition, now, isOfTopic);
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
    private void ShowLatched(SinkQueue[]? viewers, long position, long now, Func<int, bool>? isOfTopic = null)
    {
        if (viewers is null || !Cohort.RepeatLatched || IsSilentAt(position)) return;
        foreach (var topic in _timeline.Latched)
        {
            if (isOfTopic?.Invoke(topic.TopicOf(_timeline)) == false) continue;
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
