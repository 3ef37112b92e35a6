using System.Text.Json.Serialization;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>The simulation whose deletion has begun.</summary>
public sealed record DeletionStarted(long SimulationId, string Status);

/// <summary>How far a deletion has come.</summary>
public sealed record DeletionView
{
    public required long SimulationId { get; init; }
    public required string Status { get; init; }

    /// <summary>Percent, 0–100.</summary>
    public required int Progress { get; init; }

    public required DeletionSteps Steps { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? CompletedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? ErrorMessage { get; init; }

    internal static DeletionView Of(SimulationDeletion deletion)
    {
        DeletionStatus[] steps = [deletion.NamespaceStep, deletion.RedisStep, deletion.DatabaseStep];
        var over = steps.Count(step => step is DeletionStatus.Completed or DeletionStatus.Failed);
        return new DeletionView
        {
            SimulationId = deletion.SimulationId,
            Status = deletion.Status.ToWire(),
            Progress = deletion.Status == DeletionStatus.Completed ? 100 : over * 100 / steps.Length,
            Steps = new DeletionSteps(deletion.NamespaceStep.ToWire(), deletion.RedisStep.ToWire(), deletion.DatabaseStep.ToWire()),
            StartedAt = deletion.StartedAt,
            CompletedAt = deletion.CompletedAt,
            ErrorMessage = deletion.ErrorMessage,
        };
    }
}

/// <summary>Each <c>PENDING</c>, <c>RUNNING</c>, <c>COMPLETED</c> or <c>FAILED</c>.</summary>
/// <param name="Namespace">Agents that were added by hand are ended.</param>
/// <param name="Redis">Live state is forgotten.</param>
/// <param name="Db">The simulation is marked deleted; history is kept.</param>
public sealed record DeletionSteps(string Namespace, string Redis, string Db);
