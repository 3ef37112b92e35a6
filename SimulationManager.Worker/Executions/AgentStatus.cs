using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What an agent is doing, in an execution's words.</summary>
internal static class AgentStatus
{
    public static RunStatus Of(AgentState state) => state switch
    {
        AgentState.Ready => RunStatus.Pending,
        AgentState.Completed or AgentState.LimitReached => RunStatus.Completed,
        AgentState.Stopped => RunStatus.Stopped,
        AgentState.Failed => RunStatus.Failed,
        _ => RunStatus.Running,
    };
}
