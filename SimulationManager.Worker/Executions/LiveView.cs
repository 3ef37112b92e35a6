using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>An execution as status readers see it.</summary>
internal static class LiveView
{
    public static LiveExecution Of(Execution execution, IReadOnlyList<ExecutionPart> parts) => new()
    {
        ExecutionId = execution.Id,
        SimulationId = execution.SimulationId,
        PatternType = execution.PatternType,
        Status = execution.Status,
        Message = execution.Message,
        CreatedAt = execution.CreatedAt,
        LastUpdated = execution.LastUpdated,
        StartedAt = execution.StartedAt,
        EndedAt = execution.EndedAt,
        OverallProgress = execution.OverallProgress,
        MessagesOut = execution.MessagesOut,
        Parts = [.. parts.Select(Of)],
    };

    /// <summary>What an agent is doing, in an execution's words.</summary>
    public static RunStatus StatusOf(AgentState state) => state switch
    {
        AgentState.Ready => RunStatus.Pending,
        AgentState.Completed or AgentState.LimitReached => RunStatus.Completed,
        AgentState.Stopped => RunStatus.Stopped,
        AgentState.Failed => RunStatus.Failed,
        _ => RunStatus.Running,
    };

    private static LivePart Of(ExecutionPart part) => new()
    {
        Number = part.Number,
        Status = part.Status,
        Progress = part.Progress,
        AutonomousAgents = part.AutonomousAgents,
        CurrentRepeat = part.CurrentRepeat,
        TotalRepeats = part.TotalRepeats,
        MessagesPlanned = part.MessagesPlanned,
        MessagesOut = part.MessagesOut,
        StartedAt = part.StartedAt,
        EndedAt = part.EndedAt,
        Error = part.Error,
    };
}
