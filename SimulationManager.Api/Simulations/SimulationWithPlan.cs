using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>What one query reads of a simulation: what it is, what it runs, and its last run's row.</summary>
public sealed record SimulationWithPlan
{
    public required long Id { get; init; }
    public required string Name { get; init; }
    public required string Description { get; init; }
    public required PatternType PatternType { get; init; }
    public required SimulationStatus Status { get; init; }
    public required string MecId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>In order; none when it is parallel.</summary>
    public required IReadOnlyList<StepView> Steps { get; init; }

    /// <summary>In order; none when it is sequential.</summary>
    public required IReadOnlyList<GroupView> Groups { get; init; }

    public required IReadOnlyList<ListenOptions> Listen { get; init; }
    public required RecordOptions? Record { get; init; }

    /// <summary>Null before the first run.</summary>
    public required LatestRun? LatestRun { get; init; }
}

/// <summary>How a run stands as a whole.</summary>
public sealed record LatestRun(
    long ExecutionId,
    RunStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUpdated,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    double OverallProgress)
{
    internal static LatestRun Of(LiveExecution state) => new(
        state.ExecutionId, state.Status, state.CreatedAt, state.LastUpdated, state.StartedAt, state.EndedAt, state.OverallProgress);
}
