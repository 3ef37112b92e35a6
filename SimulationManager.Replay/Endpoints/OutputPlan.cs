using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>Where a cohort's agents publish, and under which names.</summary>
public sealed record OutputPlan
{
    /// <summary>The simulation's number, a level of every topic.</summary>
    public required string Simulation { get; init; }

    /// <summary>The endpoints.</summary>
    public required IReadOnlyList<OutputEndpoint> Endpoints { get; init; }

    /// <summary>What is changed in payloads, and the names that agents and their frames and topics get.</summary>
    public PayloadOptions Payloads { get; init; } = new();

    /// <summary>Names this process among those that play the same simulation, in client ids of shared connections.</summary>
    public required string Process { get; init; }

    /// <summary>The credentials that endpoints refer to.</summary>
    public IReadOnlyDictionary<string, SinkCredentials> Credentials { get; init; } = new Dictionary<string, SinkCredentials>();

    /// <summary>The engine's clock.</summary>
    public required ReplayClock Clock { get; init; }

    /// <summary>The clock on the wall.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>What agents that published elsewhere have to know to go on (<see cref="CohortOutput.SaveAsync"/>), by number.</summary>
    public IReadOnlyDictionary<long, byte[]> AgentStates { get; init; } = new Dictionary<long, byte[]>();

    /// <summary>What agents put out elsewhere and was not published there, or is not known to be: it is published first. By number and endpoint.</summary>
    public IReadOnlyDictionary<long, PendingMessages[]> Pending { get; init; } = new Dictionary<long, PendingMessages[]>();

    /// <summary>Holds an agent, or lets it go on, because somebody who listens to it asks for that. May be called by any thread; null: nobody can.</summary>
    public Action<long, bool>? Hold { get; init; }

    /// <summary>Is told of connections that fail.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The wall clock when the engine's clock was 0, nanoseconds since 1970.</summary>
    internal long WallClockZero => Clock.ZeroOn(Time);

    /// <summary>The name of an agent, a level of its topics.</summary>
    /// <param name="number">Its number within the simulation's run.</param>
    public string NameOf(long number) => Payloads.NameOf(Simulation, number);
}
