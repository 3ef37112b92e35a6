namespace SimulationManager.Replay;

/// <summary>
/// Agents that play one bag together, spread over the engine's lanes. Every command acts on all of them; its task completes when all follow it,
/// and is cancelled once the engine is disposed. For any number of threads.
/// </summary>
public sealed class ReplayCohort
{
    private readonly CohortShare[] _shares;
    private volatile Dictionary<long, (ReplayLane Lane, ReplayAgent Agent)> _agents;
    private readonly long[] _droppedByTopic;
    private readonly bool[] _tellsTimeBefore;
    private readonly ReadyFault[] _faults;
    private volatile ReadyFault[] _injected = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ReplayCohort> _retired;
    private readonly CohortOutput? _output;
    private int _left;

    internal ReplayCohort(CohortPlay play, IReadOnlyList<ReplayLane> lanes, Action<ReplayCohort> retired)
    {
        Key = play.Key;
        Timeline = play.Timeline;
        RepeatCount = play.RepeatCount;
        Rate = play.Rate;
        Loop = play.Loop;
        RepeatLatched = play.RepeatLatched;
        ClockPeriod = play.ClockFrequency is { } frequency ? (long)(1e9 / frequency) : null;
        _tellsTimeBefore = [.. play.Timeline.RecordedTopics.Select(play.ClockTopics.Contains)];
        Window = ReplayWindow.Of(play);
        Delay = ReplayTimeline.PositionAt(play.Delay);
        Fleet = play.Fleet ?? new FleetPlan { FirstAgent = play.InstanceIds.DefaultIfEmpty(1).Min(), Agents = Math.Max(1, play.InstanceIds.Count) };
        Jitter = ReplayTimeline.PositionAt(Fleet.Jitter);
        MessagesLeftOut = Fleet.MessagesLeftOut(Timeline, Window);
        _faults = [.. Fleet.Faults.Select((_, number) => new ReadyFault(Fleet, number, Timeline))];
        _droppedByTopic = new long[play.Timeline.Topics.Count];
        _retired = retired;
        _output = play.Output;
        PlayedOnSince = play.PlayedOnSince;
        _shares = [.. lanes.Select((lane, index) => CreateShare(lane, play, play.InstanceIds.Where((_, number) => number % lanes.Count == index)))];
        _agents = _shares.SelectMany(share => share.Agents.Select(agent => (share.Lane, agent))).ToDictionary(pair => pair.agent.InstanceId);
        // Agents that have ended elsewhere stay so.
        _left = _agents.Values.Count(entry => !entry.Agent.State.HasEnded());
        if (_left == 0) _ended.TrySetResult();
    }

    /// <inheritdoc cref="CohortPlay.Key"/>
    public string Key { get; }

    /// <inheritdoc cref="CohortPlay.Timeline"/>
    public ReplayTimeline Timeline { get; }

    /// <summary>The part of the timeline that one pass plays.</summary>
    public ReplayWindow Window { get; }

    /// <inheritdoc cref="CohortPlay.RepeatCount"/>
    public int RepeatCount { get; }

    /// <summary>The speed factor that was asked for last.</summary>
    public double Rate { get; private set; }

    /// <inheritdoc cref="CohortPlay.Loop"/>
    public bool Loop { get; }

    internal bool RepeatLatched { get; }

    /// <summary>Nanoseconds between two ticks of the clock; null: there is none.</summary>
    internal long? ClockPeriod { get; }

    /// <summary>Nanoseconds between the start and the first pass.</summary>
    internal long Delay { get; }

    /// <summary>How the agents differ from each other.</summary>
    internal FleetPlan Fleet { get; }

    /// <summary>What the agents are to meet beside the faults of their fleet's plan, as was asked for last.</summary>
    public IReadOnlyList<FaultInjection> Injected => [.. _injected.Select(fault => fault.Injection!)];

    /// <summary>Nanoseconds up to which each message is due late.</summary>
    internal long Jitter { get; }

    /// <inheritdoc cref="CohortPlay.PlayedOnSince"/>
    internal long? PlayedOnSince { get; }

    /// <summary>Messages that all agents of the fleet, wherever they play, leave out in their first pass, because they do not begin at its start.</summary>
    public long MessagesLeftOut { get; }

    /// <summary>Messages that an agent which has joined the fleet since leaves out in its first pass.</summary>
    public long MessagesLeftOutBy(long instanceId) => Fleet.MessagesLeftOutBy(instanceId, Timeline, Window);

    /// <summary>Where an agent begins its first pass, in nanoseconds from its start.</summary>
    public long PhaseOf(long instanceId) => Fleet.PhaseOf(instanceId, Window);

    /// <summary>Agents of the cohort, those that have ended as well.</summary>
    public int AgentCount => _agents.Count;

    /// <summary>Their numbers.</summary>
    public IReadOnlyCollection<long> InstanceIds => _agents.Keys;

    /// <summary>Messages per second that all agents put out together at the current rate, on average.</summary>
    public double MessageRate => Window.Length == 0 ? 0 : Window.Count * 1e9 / Window.Length * Rate * _left;

    /// <summary>Completes once every agent has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes once an agent has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Lets all agents begin now; <paramref name="limit"/> from now they end.</summary>
    public Task BeginAsync(TimeSpan limit) => PlayAsync(new Playback(limit, Paused: false, Rate, Seek: null));

    /// <summary>Lets all agents play as asked, those that have not begun as well, with no message going out in between.</summary>
    public Task PlayAsync(Playback playback)
    {
        Rate = playback.Rate;
        var injected = MakeReady(playback.Faults);
        return OnLanes((lane, agents, now) =>
        {
            Play(agents, playback, injected, lane, now);
            lane.Reschedule();
        });
    }

    /// <summary>Ends all agents that have not ended yet.</summary>
    public Task StopAsync() => Change((agent, _) => agent.End(AgentState.Stopped));

    /// <summary>Ends some of the agents, also those that have not begun.</summary>
    public Task StopAsync(Func<long, bool> which) => Change((agent, _) =>
    {
        if (which(agent.InstanceId)) agent.End(AgentState.Stopped);
    });

    /// <summary>Holds all agents, and their time limit.</summary>
    public Task PauseAsync() => Change((agent, now) => agent.Pause(now));

    /// <summary>Holds one agent, whatever is asked of all of them, or lets it follow them again. One that is not of this cohort any more is passed over.</summary>
    public Task HoldAsync(long instanceId, bool isHeld) => _agents.TryGetValue(instanceId, out var entry)
        ? entry.Lane.Do(now =>
        {
            if (entry.Agent.State.HasEnded()) return;
            entry.Agent.Hold(isHeld, now);
            entry.Lane.Reschedule();
        })
        : Task.CompletedTask;

    /// <summary>Takes agents that have not ended out between two messages: they put out nothing more until they are put back.</summary>
    /// <param name="count">How many at most; at least one that has not ended stays.</param>
    public async Task<DetachedAgents> DetachAsync(int count)
    {
        var left = _agents.Values.Select(entry => entry.Agent).Where(agent => !agent.State.HasEnded()).OrderBy(agent => agent.InstanceId).ToArray();
        var chosen = left.Skip(Math.Max(1, left.Length - count)).ToHashSet();
        var taken = new ReplayAgent[_shares.Length][];
        await Task.WhenAll(_shares.Select((share, index) => share.Lane.Do(_ =>
        {
            taken[index] = [.. share.Agents.Where(agent => chosen.Contains(agent) && !agent.State.HasEnded())];
            share.Agents = [.. share.Agents.Except(taken[index])];
            foreach (var agent in taken[index])
            {
                agent.SendHeld(share.Lane.Clock.Now);
                share.Lane.Unschedule(agent);
            }
            share.Lane.Reschedule();
        })));
        var now = _shares[0].Lane.Clock.Now;
        return new DetachedAgents([.. taken.SelectMany(agents => agents).Select(agent => agent.DetachedCheckpoint(now)).OrderBy(agent => agent.InstanceId)], taken);
    }

    /// <summary>Lets agents that were taken out play on as if they had never been.</summary>
    /// <param name="detached">The agents.</param>
    /// <param name="playback">What the others were asked meanwhile; null: nothing.</param>
    public Task PutBackAsync(DetachedAgents detached, Playback? playback)
    {
        var injected = MakeReady(playback?.Faults);
        return Task.WhenAll(_shares.Select((share, index) => share.Lane.Do(now =>
        {
            share.Agents = [.. share.Agents, .. detached.Taken[index]];
            foreach (var agent in detached.Taken[index].Where(agent => agent.State != AgentState.Ready)) share.Lane.Schedule(agent);
            if (playback is { } asked) Play(detached.Taken[index], asked, injected, share.Lane, now);
            share.Lane.Reschedule();
        })));
    }

    /// <summary>Forgets agents that were taken out.</summary>
    public void Forget(DetachedAgents detached)
    {
        var ids = detached.Agents.Select(agent => agent.InstanceId).ToHashSet();
        _agents = _agents.Where(entry => !ids.Contains(entry.Key)).ToDictionary();
        if (Interlocked.Add(ref _left, -ids.Count) == 0) End();
    }

    /// <summary>Where every agent is, each consistent in itself.</summary>
    /// <param name="withPublished">Whether to tell what became of their messages as well.</param>
    public async Task<CohortSnapshot> SnapshotAsync(bool withPublished = false)
    {
        var parts = new (AgentCheckpoint[] Agents, LatenessHistogram Lateness, AgentPublished[]?[] Published)[_shares.Length];
        await Task.WhenAll(_shares.Select((share, index) => share.Lane.Do(now => parts[index] = (
            Array.ConvertAll(share.Agents, agent => agent.Checkpoint(now)),
            share.Lateness.Copy(),
            withPublished ? Array.ConvertAll(share.Agents, agent => _output?.PublishedBy(agent.InstanceId, agent.Held)) : []))));
        var (lateness, published) = (new LatenessHistogram(), new Dictionary<long, AgentPublished[]>());
        foreach (var part in parts)
        {
            lateness.Add(part.Lateness);
            foreach (var (agent, counts) in part.Agents.Zip(part.Published))
            {
                if (counts is not null) published[agent.InstanceId] = counts;
            }
        }
        return new CohortSnapshot([.. parts.SelectMany(part => part.Agents)], lateness, published);
    }

    /// <summary>One agent's lateness, in microseconds. Only once it has ended: until then its lane writes to it.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    /// <exception cref="KeyNotFoundException">It is not of this cohort.</exception>
    public LatenessHistogram LatenessOf(long instanceId)
    {
        var agent = _agents[instanceId].Agent;
        return agent.State.HasEnded() ? agent.Lateness : throw new InvalidOperationException($"Agent {instanceId} still plays.");
    }

    /// <summary>
    /// The lateness in microseconds that a share of an agent's messages have not exceeded, while its lane goes on counting: a
    /// message that goes out meanwhile may or may not be in it. 0 for an agent that is not of this cohort any more.
    /// </summary>
    public long PeekLateness(long instanceId, double fraction) => _agents.TryGetValue(instanceId, out var entry) ? entry.Agent.Lateness.Percentile(fraction) : 0;

    /// <summary>
    /// Where each agent is in the timeline, while lanes go on playing: they are neither asked nor held up. What an agent is just doing may or may not be in it.
    /// </summary>
    /// <param name="places">Takes the places, in any order.</param>
    public void PeekPlaces(ICollection<AgentPlace> places)
    {
        ArgumentNullException.ThrowIfNull(places);
        foreach (var (_, agent) in _agents.Values) places.Add(agent.PeekPlace());
    }

    /// <summary>Messages left out because they were too late, per topic of the timeline.</summary>
    public IReadOnlyList<long> DroppedByTopic => _droppedByTopic;

    /// <summary>Sends what one agent puts out to a sink as well, until the sink is removed. First comes what is latched.</summary>
    /// <exception cref="KeyNotFoundException">The agent is not of this cohort.</exception>
    public Task AddSinkAsync(long instanceId, SinkQueue sink) => AddSinkAsync(instanceId, sink, _ => true);

    /// <summary>Sends what one agent puts out to a sink as well, or goes on doing so. First comes what is latched of some topics.</summary>
    /// <param name="instanceId">The agent.</param>
    /// <param name="sink">The sink.</param>
    /// <param name="isLatchedWanted">Whether what is latched of a topic of the timeline is to come first. On the thread that drives the agent.</param>
    /// <exception cref="KeyNotFoundException">The agent is not of this cohort.</exception>
    public Task AddSinkAsync(long instanceId, SinkQueue sink, Func<int, bool> isLatchedWanted) => ChangeAgent(instanceId, (agent, now) =>
    {
        if (agent.Sinks?.Contains(sink) != true) agent.View([.. agent.Sinks ?? [], sink], now);
        agent.ShowLatched(sink, isLatchedWanted, now);
    });

    /// <summary>Sends nothing more of one agent to a sink.</summary>
    /// <exception cref="KeyNotFoundException">The agent is not of this cohort.</exception>
    public Task RemoveSinkAsync(long instanceId, SinkQueue sink) => ChangeAgent(instanceId, (agent, now) =>
        agent.View(agent.Sinks is null || agent.Sinks.All(other => other == sink) ? null : [.. agent.Sinks.Where(other => other != sink)], now));

    /// <summary>Whether viewers are told the bag's time before each message of a topic of the timeline.</summary>
    internal bool TellsTimeBefore(int topic) => _tellsTimeBefore[topic];

    /// <summary>The faults that an agent meets; null: none.</summary>
    internal AgentFaults? FaultsOf(long agent) =>
        Array.FindAll(_faults, fault => fault.Meets(agent)) is { Length: > 0 } faults ? new AgentFaults(faults, agent) : null;

    internal void CountDropped(int topic) => Interlocked.Increment(ref _droppedByTopic[topic]);

    internal void CountEnded(ReplayAgent agent)
    {
        if (agent.State == AgentState.Failed) _failed.TrySetResult();
        if (Interlocked.Decrement(ref _left) == 0) End();
    }

    internal int AgentsLeft => Volatile.Read(ref _left);

    private CohortShare CreateShare(ReplayLane lane, CohortPlay play, IEnumerable<long> instanceIds)
    {
        var share = new CohortShare(lane);
        share.Agents = [.. instanceIds.Select(id =>
        {
            var agent = new ReplayAgent(this, share, id);
            if (SinksOf(id, play) is { } sinks) agent.View(sinks, lane.Clock.Now);
            if (play.From is not null && play.From.TryGetValue(id, out var checkpoint)) agent.Restore(checkpoint, play.FromAt);
            return agent;
        })];
        return share;
    }

    /// <summary>Where an agent's messages go from its start on; null: nowhere. Those that have ended elsewhere publish nothing more.</summary>
    private static SinkQueue[]? SinksOf(long agent, CohortPlay play) => (play.Output?.QueuesOf(agent), play.Recorder) switch
    {
        (var queues, null) => queues,
        (var queues, { } recorder) => [.. queues ?? [], recorder],
    };

    /// <summary>Faults as agents meet them: the same array for the same faults, so that an agent sees that nothing has changed.</summary>
    private ReadyFault[] MakeReady(IReadOnlyList<FaultInjection>? injected)
    {
        var known = _injected;
        if (injected is null || (known.Length == injected.Count && known.Zip(injected).All(pair => pair.First.Is(pair.Second)))) return known;
        return _injected = [.. injected.Select(injection => Array.Find(known, fault => fault.Is(injection)) ?? new ReadyFault(Fleet, injection, Timeline))];
    }

    private void Play(IEnumerable<ReplayAgent> agents, Playback playback, ReadyFault[] injected, ReplayLane lane, long now)
    {
        var limitAt = now + (long)Math.Clamp(playback.Left.Ticks * 100.0, 0, ReplayTimeline.MaxPosition);
        foreach (var agent in agents.Where(agent => !agent.State.HasEnded()))
        {
            var begins = agent.State == AgentState.Ready;
            agent.SetRate(playback.Rate, now);
            // What is shown first as it begins meets them as well.
            agent.Inject(injected, playback.Seek is { } to ? ReplayTimeline.PositionAt(to) : null, now);
            agent.Begin(now, limitAt);
            if (playback.Seek is { } position) agent.Seek(ReplayTimeline.PositionAt(position), now);
            if (playback.Paused) agent.Pause(now);
            else agent.Resume(now);
            agent.Release(playback.Released, playback.ReleasedBefore);
            if (agent.State.HasEnded()) CountEnded(agent);
            else if (begins) lane.Schedule(agent);
        }
    }

    private void End()
    {
        _retired(this);
        _ended.TrySetResult();
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

    private Task ChangeAgent(long instanceId, Action<ReplayAgent, long> change) =>
        _agents.TryGetValue(instanceId, out var entry)
            ? entry.Lane.Do(now =>
            {
                change(entry.Agent, now);
                if (ClockPeriod is not null) entry.Lane.Reschedule();
            })
            : throw new KeyNotFoundException($"Agent {instanceId} does not play here.");

    private Task OnLanes(Action<ReplayLane, ReplayAgent[], long> action) =>
        Task.WhenAll(_shares.Select(share => share.Lane.Do(now => action(share.Lane, share.Agents, now))));
}
