using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>The agents of a cohort in the engine, with what was counted for them before: what its checkpoints, reports and outcome are made of.</summary>
internal sealed class PlayedCohort
{
    private static readonly TimeSpan LongestHandOver = TimeSpan.FromMinutes(1);

    private readonly CohortCheckpoint _from;
    private readonly CohortOutput? _output;
    private readonly AgentLatenessView _lateness;
    private readonly TimeProvider _time;
    private (AgentNumbers? Of, long Messages) _leftOut;

    /// <summary>Takes the agents into the engine.</summary>
    public PlayedCohort(CohortKey key, CohortAssignment assignment, ReplayTimeline timeline, CohortOutput? output, SinkQueue? recorder, CohortServices services)
    {
        (_from, _output, _time) = (assignment.Checkpoint, output, services.Time);
        Cohort = services.Engine.CreateCohort(PlayOf(key, assignment, timeline, services) with { Output = output, Recorder = recorder });
        _lateness = new AgentLatenessView(Cohort);
    }

    public ReplayCohort Cohort { get; }

    /// <summary>Where the agents are, with the position command that they have followed: a successor must not go there once more.</summary>
    /// <param name="seekEpoch">That command.</param>
    /// <param name="playsOn">Whether they go on here from there.</param>
    public async Task<CohortCheckpoint> CheckpointAsync(long seekEpoch, bool playsOn)
    {
        var at = _time.GetUtcNow();
        var snapshot = await Cohort.SnapshotAsync(withPublished: true);
        return new CohortCheckpoint(snapshot.Agents, WithCarried(snapshot.Lateness))
        {
            DroppedByTopic = DroppedByTopic(),
            SeekEpoch = seekEpoch,
            PlaysOnSince = playsOn ? at : null,
            Endpoints = EndpointsAt(snapshot.Published),
            AgentEndpoints = CountsOf(snapshot.Agents, snapshot.Published),
            Pending = PendingOf(snapshot.Published),
            AgentStates = await StatesOfAsync(snapshot.Agents),
        };
    }

    /// <summary>What another cohort has to know of agents that it is given. Until <see cref="KeepGiven"/> it stays so here as well.</summary>
    /// <param name="detached">The agents.</param>
    /// <param name="seekEpoch">The position command that they have followed.</param>
    /// <param name="at">When they were there.</param>
    public async Task<CohortCheckpoint> GiveAsync(DetachedAgents detached, long seekEpoch, DateTimeOffset at)
    {
        var numbers = detached.Agents.Select(agent => agent.InstanceId).ToArray();
        if (_output is not null) await _output.FreezeAsync(numbers);
        var published = numbers.Select(agent => (agent, Published: _output?.PublishedBy(agent))).Where(agent => agent.Published is not null).ToDictionary(agent => agent.agent, agent => agent.Published!);
        return new CohortCheckpoint(detached.Agents, new LatenessHistogram())
        {
            SeekEpoch = seekEpoch,
            At = at,
            AgentEndpoints = CountsOf(detached.Agents, published),
            Pending = PendingOf(published),
            AgentStates = await StatesOfAsync(detached.Agents),
        };
    }

    /// <summary>Lets agents that were to be given away go on publishing here.</summary>
    public void KeepGiven(DetachedAgents detached) => _output?.Unfreeze([.. detached.Agents.Select(agent => agent.InstanceId)]);

    /// <summary>What agents have to know to publish on elsewhere.</summary>
    public async ValueTask<IReadOnlyDictionary<long, byte[]>> StatesOfAsync(IEnumerable<AgentCheckpoint> agents)
    {
        if (_output is null) return _from.AgentStates;
        var states = await _output.SaveAsync();
        return states.Count == 0 ? states : agents.Where(agent => states.ContainsKey(agent.InstanceId)).ToDictionary(agent => agent.InstanceId, agent => states[agent.InstanceId]);
    }

    /// <summary>A report with what the agents have played.</summary>
    public CohortReport Count(CohortSnapshot snapshot, CohortReport report)
    {
        var failed = snapshot.Agents.FirstOrDefault(agent => agent.State == AgentState.Failed);
        var playing = Array.FindAll(snapshot.Agents, agent => report.Followed?.Removed?.Contains(agent.InstanceId) != true);
        return report with
        {
            MessagesPerPass = Cohort.Window.Count,
            Played = playing.Sum(ShareOf),
            PlayedAgents = playing.Length,
            RepeatsDone = playing.Select(agent => agent.RepeatsDone).DefaultIfEmpty(Cohort.RepeatCount).Min(),
            MessagesOut = snapshot.Agents.Sum(agent => agent.MessagesOut),
            Endpoints = EndpointsAt(snapshot.Published),
            MessagesLeftOut = Cohort.MessagesLeftOut + (report.Followed?.Added is { } added ? LeftOutBy(added) : 0),
            Faults = snapshot.Agents.Aggregate(default(FaultCounts), (sum, agent) => sum + agent.Faults).ToArray(),
            FailedInstanceId = failed.InstanceId,
            FailedError = failed.Error,
        };
    }

    /// <summary>How the agents have ended. Only once all of them have, and what they have put out is published.</summary>
    public async Task<CohortOutcome> OutcomeAsync()
    {
        var snapshot = await Cohort.SnapshotAsync(withPublished: true);
        var byAgent = CountsOf(snapshot.Agents, snapshot.Published);
        return new CohortOutcome
        {
            Instances = [.. snapshot.Agents.Select(agent => OutcomeOf(agent) with { Endpoints = byAgent.GetValueOrDefault(agent.InstanceId) })],
            Lateness = WithCarried(snapshot.Lateness).ToBytes(),
            DroppedByTopic = DroppedByTopic(),
            Endpoints = EndpointsAt(snapshot.Published),
        };
    }

    /// <summary>Where each agent is, for viewers. One call at a time.</summary>
    public async Task<LiveCohort> LiveAsync(long cohortId, string silo)
    {
        var snapshot = await Cohort.SnapshotAsync();
        _lateness.Refresh();
        return new LiveCohort
        {
            CohortId = cohortId,
            Silo = silo,
            PassStart = Cohort.Window.Start,
            PassLength = Cohort.Window.Length,
            Agents =
            [
                .. snapshot.Agents.OrderBy(agent => agent.InstanceId).Select(agent => new LiveAgent(
                    agent.InstanceId, AgentStatus.Of(agent.State), agent.RepeatsDone, Math.Clamp(agent.Position, 0, Cohort.Window.Length), agent.MessagesOut, agent.Dropped,
                    _lateness[agent.InstanceId].P50, _lateness[agent.InstanceId].P99)),
            ],
        };
    }

    private static CohortPlay PlayOf(CohortKey key, CohortAssignment assignment, ReplayTimeline timeline, CohortServices services)
    {
        var (playback, from) = (assignment.Part.Playback ?? new PlaybackOptions(), assignment.Checkpoint);
        return new CohortPlay
        {
            Key = key.ToString(),
            Timeline = timeline,
            InstanceIds = [.. from.Agents.Select(agent => agent.InstanceId)],
            RepeatCount = assignment.Part.RepeatCount,
            Rate = playback.Rate,
            StartOffset = TimeSpan.FromSeconds(playback.StartOffset),
            PlaybackDuration = playback.PlaybackDuration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            PlaybackUntil = playback.PlaybackUntil,
            Delay = TimeSpan.FromSeconds(playback.Delay),
            Loop = playback.Loop,
            RepeatLatched = playback.RepeatLatched,
            Fleet = FleetPlans.Of(assignment),
            ClockFrequency = playback.Clock ? playback.ClockFrequency ?? PlaybackOptions.DefaultClockFrequency : null,
            ClockTopics = (playback.ClockTopicsAll ? timeline.RecordedTopics : playback.ClockTopics).ToHashSet(StringComparer.Ordinal),
            // Agents that were made ready to go on, and lost their silo before they did, are not at the start.
            From = from.Agents.Where(agent => !agent.IsAtStart || agent.Released > 0).ToDictionary(agent => agent.InstanceId),
            FromAt = OnClock(from.At, services),
            PlayedOnSince = OnClock(from.PlaysOnSince, services),
        };
    }

    /// <summary>A time on the engine's clock; other silos' clocks may differ, and an agent must not race through minutes of its bag for that.</summary>
    private static long? OnClock(DateTimeOffset? at, CohortServices services) => at is null ? null
        : services.Engine.Clock.Now - (Math.Clamp((services.Time.GetUtcNow() - at.Value).Ticks, 0, LongestHandOver.Ticks) * 100);

    /// <summary>What became of messages at each endpoint, here and where the agents played before.</summary>
    /// <param name="published">The counts of agents as they are to be; of the others, those of now.</param>
    private EndpointShare[] EndpointsAt(IReadOnlyDictionary<long, AgentPublished[]> published) =>
        [.. EndpointShare.Sum([_from.Endpoints, [.. (_output?.Status(published) ?? []).Select(EndpointShare.Of)]])];

    /// <summary>The counts of each agent by endpoint, here and where it played before.</summary>
    private IReadOnlyDictionary<long, long[][]> CountsOf(IEnumerable<AgentCheckpoint> agents, IReadOnlyDictionary<long, AgentPublished[]> published) => _output is null ? _from.AgentEndpoints : agents
        .Where(agent => published.ContainsKey(agent.InstanceId) || _from.AgentEndpoints.ContainsKey(agent.InstanceId))
        .ToDictionary(agent => agent.InstanceId, agent => published.TryGetValue(agent.InstanceId, out var here)
            ? here.Select((endpoint, index) => (CarriedOf(agent.InstanceId, index) + endpoint.Counts).ToArray()).ToArray()
            : _from.AgentEndpoints[agent.InstanceId]);

    private IReadOnlyDictionary<long, PendingMessages[]> PendingOf(IReadOnlyDictionary<long, AgentPublished[]> published) => _output is null ? _from.Pending : published
        .Where(agent => agent.Value.Any(endpoint => !endpoint.Pending.IsEmpty))
        .ToDictionary(agent => agent.Key, agent => Array.ConvertAll(agent.Value, endpoint => endpoint.Pending));

    private PublishCounts CarriedOf(long agent, int endpoint) =>
        _from.AgentEndpoints.TryGetValue(agent, out var counts) && endpoint < counts.Length ? PublishCounts.FromArray(counts[endpoint]) : PublishCounts.Zero;

    private LatenessHistogram WithCarried(LatenessHistogram lateness)
    {
        lateness.Add(_from.Lateness);
        return lateness;
    }

    private Dictionary<string, long> DroppedByTopic() =>
        TopicCounts.Sum([_from.DroppedByTopic, Cohort.Timeline.Topics.Zip(Cohort.DroppedByTopic, KeyValuePair.Create)]);

    private double ShareOf(AgentCheckpoint agent)
    {
        if (agent.State == AgentState.Completed) return 1;
        if (Cohort.Loop) return 0;
        if (Cohort.Window.Length == 0) return Math.Min(1, (double)agent.RepeatsDone / Cohort.RepeatCount);
        // The first pass is the shorter, the later the agent begins.
        var (length, phase) = ((double)Cohort.Window.Length, Cohort.PhaseOf(agent.InstanceId));
        return Math.Clamp(((agent.RepeatsDone * length) + agent.Position - phase) / ((Cohort.RepeatCount * length) - phase), 0, 1);
    }

    /// <summary>Messages that agents which were added leave out, counted once for the same agents.</summary>
    private long LeftOutBy(AgentNumbers added)
    {
        if (!added.Equals(_leftOut.Of)) _leftOut = (added, added.Numbers().Sum(Cohort.MessagesLeftOutBy));
        return _leftOut.Messages;
    }

    private InstanceOutcome OutcomeOf(AgentCheckpoint agent)
    {
        var lateness = Cohort.LatenessOf(agent.InstanceId);
        return new InstanceOutcome(
            agent.InstanceId, agent.State, agent.RepeatsDone, agent.MessagesOut, agent.Dropped,
            lateness.Percentile(0.5), lateness.Percentile(0.99), lateness.Percentile(0.999), lateness.Max, agent.Error, Faults: agent.Faults.ToArray(),
            Progress: Cohort.Loop ? null : AgentProgress.OfPasses(agent.RepeatsDone, agent.Position, Cohort.Window.Length, Cohort.RepeatCount));
    }
}
