using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Viewing;

/// <summary>A cohort that a feed watches.</summary>
internal sealed class FeedCohort : IAsyncDisposable
{
    private readonly ReplayCohort _cohort;
    private readonly PayloadOptions _payloads;
    private readonly string _simulation;
    private readonly PlannedPart _part;
    private readonly WatchedTopic[] _topics;
    private readonly CohortViewer _viewer;
    private CohortPositions? _positions;
    private int _described = -1;

    /// <summary>Watches nothing before <see cref="ChooseAsync"/>.</summary>
    /// <param name="cohort">The agents.</param>
    /// <param name="part">What they play.</param>
    /// <param name="payloads">What is changed in their payloads.</param>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="wallClockZero">The wall clock when the engine's clock was 0, nanoseconds since 1970.</param>
    /// <param name="buffer">Takes messages.</param>
    /// <param name="logger">Is told when watching breaks.</param>
    public FeedCohort(ReplayCohort cohort, PlannedPart part, PayloadOptions payloads, string simulation, long wallClockZero, FeedBuffer buffer, ILogger logger)
    {
        (_cohort, _payloads, _simulation, _part) = (cohort, payloads, simulation, part);
        _viewer = new CohortViewer(cohort, payloads, wallClockZero, message => buffer.Add(Watched(message)), buffer.CountMissed, logger);
        _topics = [.. _viewer.Topics.Select(WatchedTopic.Of)];
    }

    /// <summary>Whether agents have gone elsewhere since they were described.</summary>
    public bool HasChanged => _described != _cohort.AgentCount;

    /// <summary>The agents and what they put out.</summary>
    public WatchedCohort Describe()
    {
        var agents = _cohort.InstanceIds;
        _described = agents.Count;
        return new WatchedCohort
        {
            Part = _part.Number,
            Topics = _topics,
            Agents = [.. agents.Order().Select(number => new WatchedAgent(number, RosNames.Simplify(_payloads.NameOf(_simulation, number))))],
            Repeats = _part.Playback is { Loop: true } ? null : _part.RepeatCount,
            NamesFrames = _payloads.Identity is not null,
        };
    }

    /// <summary>Chooses what is watched, by agent.</summary>
    public Task ChooseAsync(AgentChoice choice) => _viewer.ChooseAsync(choice.Topics);

    /// <summary>Looks where its agents are.</summary>
    public void Look(ICollection<AgentPosition> positions) => (_positions ??= new CohortPositions(_cohort, _payloads)).Look(positions);

    public ValueTask DisposeAsync() => _viewer.DisposeAsync();

    private static WatchedMessage Watched(ViewedMessage message) => new(message.Agent, message.Topic, message.DueAt, message.BagTime, message.IsLatched, message.Payload);
}
