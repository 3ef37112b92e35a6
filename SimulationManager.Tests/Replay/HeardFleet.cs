using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>A fleet that is driven by hand and heard by one sink.</summary>
internal sealed class HeardFleet : IAsyncDisposable
{
    private readonly HearingSink _sink = new();
    private readonly SinkQueue _queue;

    public HeardFleet() => _queue = new SinkQueue(_sink, 1 << 16, NullLogger.Instance);

    public HandDrivenEngine Engine { get; } = new();

    /// <summary>When an agent was to be cut off, and until when.</summary>
    public IReadOnlyList<(long Agent, long Until)> Cuts => _sink.Cuts;

    public static FleetPlan Plan(int agents = 1, long seed = 1, params FleetFault[] faults) => new() { Seed = seed, FirstAgent = 1, Agents = agents, Faults = faults };

    public ReplayCohort Begin(CohortPlay play)
    {
        var cohort = Engine.Engine.CreateCohort(play with { Key = Guid.NewGuid().ToString() });
        foreach (var agent in cohort.InstanceIds) Engine.Run(cohort.AddSinkAsync(agent, _queue));
        Engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));
        Engine.Advance(0);
        return cohort;
    }

    /// <summary>Plays so many milliseconds in steps of one, each before its messages.</summary>
    public void Play(int milliseconds)
    {
        for (var step = 0; step < milliseconds; step++) Engine.Advance(1);
    }

    /// <summary>All that was heard, those of each agent in their order. Nothing is heard afterwards.</summary>
    public async Task<ReplayMessage[]> HeardAsync()
    {
        // Agents that move to another lane are heard through another ring.
        await _queue.CompleteAsync();
        Assert.Equal(0, _queue.Missed);
        return [.. _sink.Messages.OrderBy(message => message.Agent).ThenBy(message => message.SentAt)];
    }

    /// <summary>Plays a fleet to its end and returns what was heard and where the agents are then.</summary>
    public static async Task<(ReplayMessage[] Heard, AgentCheckpoint[] Agents)> PlayAsync(CohortPlay play, int milliseconds)
    {
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(play);
        fleet.Play(milliseconds);
        return (await fleet.HeardAsync(), fleet.Engine.Snapshot(cohort));
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        Engine.Dispose();
    }

    private sealed class HearingSink : IReplaySink
    {
        public List<ReplayMessage> Messages { get; } = [];

        public List<(long Agent, long Until)> Cuts { get; } = [];

        public ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
        {
            Messages.AddRange(messages.Span);
            return ValueTask.CompletedTask;
        }

        public void OnDisconnect(long agent, long until) => Cuts.Add((agent, until));
    }
}
