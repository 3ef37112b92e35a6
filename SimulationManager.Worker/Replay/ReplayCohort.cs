namespace SimulationManager.Worker.Replay;

/// <summary>What a cohort plays, and who.</summary>
public sealed record CohortPlay
{
    /// <summary>Unique in the engine, for logs and to find it again.</summary>
    public required string Key { get; init; }

    public required ReplayTimeline Timeline { get; init; }
    public required IReadOnlyList<long> InstanceIds { get; init; }

    /// <summary>Passes of each agent, at least 1.</summary>
    public required int RepeatCount { get; init; }

    /// <summary>Speed factor; 1 is the recorded speed.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>What is skipped at the bag's start.</summary>
    public TimeSpan StartOffset { get; init; }

    /// <summary>How much of the bag a pass plays; null: to its end.</summary>
    public TimeSpan? PlaybackDuration { get; init; }

    /// <summary>Play over and over until the limit.</summary>
    public bool Loop { get; init; }

    /// <summary>Where agents that played elsewhere go on; others start at the beginning.</summary>
    public IReadOnlyDictionary<long, AgentCheckpoint>? From { get; init; }
}

/// <summary>Agents that play one bag together on one silo, spread over its lanes. Every command acts on all of them.</summary>
public sealed class ReplayCohort
{
    private readonly (ReplayLane Lane, ReplayAgent[] Agents)[] _shares;
    private readonly Dictionary<long, (ReplayLane Lane, ReplayAgent Agent)> _agents;
    private readonly long[] _droppedByTopic;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ReplayCohort> _retired;
    private int _left;

    internal ReplayCohort(CohortPlay play, IReadOnlyList<ReplayLane> lanes, Action<ReplayCohort> retired)
    {
        Key = play.Key;
        Timeline = play.Timeline;
        RepeatCount = play.RepeatCount;
        Rate = play.Rate;
        Loop = play.Loop;
        Window = ReplayWindow.Of(play.Timeline, play.StartOffset, play.PlaybackDuration);
        _droppedByTopic = new long[play.Timeline.Topics.Count];
        _retired = retired;
        var agents = play.InstanceIds.Select(id => CreateAgent(id, play.From)).ToArray();
        _shares = [.. lanes.Select((lane, index) => (lane, agents.Where((_, number) => number % lanes.Count == index).ToArray()))];
        _agents = _shares.SelectMany(share => share.Agents.Select(agent => (share.Lane, agent))).ToDictionary(pair => pair.agent.InstanceId);
        _left = agents.Length;
    }

    public string Key { get; }
    public ReplayTimeline Timeline { get; }
    public ReplayWindow Window { get; }
    public int RepeatCount { get; }
    public double Rate { get; private set; }
    public bool Loop { get; }
    public int AgentCount => _agents.Count;

    /// <summary>Messages per second that all agents put out together at the current rate, on average.</summary>
    public double MessageRate => Window.Length == 0 ? 0 : Window.Count * 1e9 / Window.Length * Rate * _left;

    /// <summary>Completes once every agent has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes once an agent has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Lets all agents begin now; <paramref name="limit"/> from now they end.</summary>
    public async Task BeginAsync(TimeSpan limit)
    {
        var span = (long)Math.Clamp(limit.Ticks * 100.0, 0, ReplayTimeline.MaxPosition);
        await OnLanes((lane, agents, now) =>
        {
            foreach (var agent in agents)
            {
                agent.Begin(now, now + span);
                if (agent.State.HasEnded()) CountEnded(agent);
                else lane.Schedule(agent);
            }
        });
    }

    /// <summary>Ends all agents that have not ended yet.</summary>
    public Task StopAsync() => Change((agent, _) => agent.End(AgentState.Stopped));

    /// <summary>Holds all agents, and their time limit.</summary>
    public Task PauseAsync() => Change((agent, now) => agent.Pause(now));

    /// <summary>Lets paused agents go on.</summary>
    public Task ResumeAsync() => Change((agent, now) => agent.Resume(now));

    /// <summary>Moves all agents to a position within the pass that each is playing; a position past its end ends the pass.</summary>
    public Task SeekAsync(TimeSpan position) => Change((agent, now) => agent.Seek((long)(position.Ticks * 100.0), now));

    /// <summary>Changes the speed from here on.</summary>
    public Task SetRateAsync(double rate)
    {
        Rate = rate;
        return Change((agent, now) => agent.SetRate(rate, now));
    }

    /// <summary>Where every agent is, each consistent in itself.</summary>
    public async Task<AgentCheckpoint[]> CheckpointAsync()
    {
        var checkpoints = new AgentCheckpoint[AgentCount];
        var offset = 0;
        var parts = new List<Task>(_shares.Length);
        foreach (var (lane, agents) in _shares)
        {
            var start = offset;
            offset += agents.Length;
            parts.Add(lane.Do(now =>
            {
                for (var i = 0; i < agents.Length; i++) checkpoints[start + i] = agents[i].Checkpoint(now);
            }));
        }
        await Task.WhenAll(parts);
        return checkpoints;
    }

    /// <summary>A copy of one agent's lateness, or null when it is not of this cohort.</summary>
    public async Task<LatenessHistogram?> LatenessOfAsync(long instanceId)
    {
        if (!_agents.TryGetValue(instanceId, out var entry)) return null;
        LatenessHistogram? copy = null;
        await entry.Lane.Do(_ => copy = entry.Agent.Lateness.Copy());
        return copy;
    }

    /// <summary>The lateness of all agents together.</summary>
    public async Task<LatenessHistogram> LatenessAsync()
    {
        var perLane = _shares.Select(_ => new LatenessHistogram()).ToArray();
        await Task.WhenAll(_shares.Select((share, index) => share.Lane.Do(_ =>
        {
            foreach (var agent in share.Agents) perLane[index].Add(agent.Lateness);
        })));
        var all = new LatenessHistogram();
        foreach (var histogram in perLane) all.Add(histogram);
        return all;
    }

    /// <summary>Messages left out because they were too late, per topic of the timeline.</summary>
    public IReadOnlyList<long> DroppedByTopic => _droppedByTopic;

    /// <summary>Sends what one agent puts out to a sink as well, until the sink is removed.</summary>
    public Task AddSinkAsync(long instanceId, SinkQueue sink) =>
        ChangeSinks(instanceId, sinks => [.. sinks ?? [], sink]);

    /// <summary>Sends nothing more to a sink.</summary>
    public Task RemoveSinkAsync(long instanceId, SinkQueue sink) =>
        ChangeSinks(instanceId, sinks => sinks is null || sinks.All(other => other == sink) ? null : [.. sinks.Where(other => other != sink)]);

    internal void CountDropped(int topic) => Interlocked.Increment(ref _droppedByTopic[topic]);

    internal void CountEnded(ReplayAgent agent)
    {
        if (agent.State == AgentState.Failed) _failed.TrySetResult();
        if (Interlocked.Decrement(ref _left) > 0) return;
        _retired(this);
        _ended.TrySetResult();
    }

    internal int AgentsLeft => Volatile.Read(ref _left);

    private ReplayAgent CreateAgent(long instanceId, IReadOnlyDictionary<long, AgentCheckpoint>? from)
    {
        var agent = new ReplayAgent(this, instanceId);
        if (from is not null && from.TryGetValue(instanceId, out var checkpoint)) agent.Restore(checkpoint);
        return agent;
    }

    private Task Change(Action<ReplayAgent, long> change) => OnLanes((lane, agents, now) =>
    {
        foreach (var agent in agents)
        {
            if (agent.State.HasEnded()) continue;
            change(agent, now);
            if (agent.State.HasEnded()) CountEnded(agent);
        }
        lane.Reschedule();
    });

    private Task ChangeSinks(long instanceId, Func<SinkQueue[]?, SinkQueue[]?> change) =>
        _agents.TryGetValue(instanceId, out var entry)
            ? entry.Lane.Do(_ => entry.Agent.Sinks = change(entry.Agent.Sinks))
            : throw new KeyNotFoundException($"Agent {instanceId} does not play here.");

    private Task OnLanes(Action<ReplayLane, ReplayAgent[], long> action) =>
        Task.WhenAll(_shares.Select(share => share.Lane.Do(now => action(share.Lane, share.Agents, now))));
}
