using SimulationManager.Api.Simulations;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Shapes what is known of an agent of a run.</summary>
internal static class InstanceReports
{
    /// <summary>An agent whose outcome is persisted.</summary>
    public static InstanceReport Ended(Execution row, ExecutionInstance instance) => new()
    {
        InstanceId = instance.InstanceId,
        PodName = Instance.PodNameOf(row.SimulationId, instance.InstanceId),
        StepOrder = StepOf(row, instance.PartNumber),
        GroupId = GroupOf(row, instance.PartNumber),
        Status = instance.Status.ToWire(),
        Silo = instance.Silo,
        Progress = instance.Progress,
        CurrentRepeat = instance.RepeatsCompleted,
        TotalRepeats = row.Parts.Single(part => part.Number == instance.PartNumber).TotalRepeats,
        MessagesOut = instance.MessagesOut,
        MessagesDropped = instance.MessagesDropped,
        LatenessP50 = instance.LatenessP50,
        LatenessP99 = instance.LatenessP99,
        Error = instance.Error,
        Endpoints = instance.Endpoints.Count > 0 ? instance.Endpoints : null,
        Faults = instance.Faults.Count > 0 ? instance.Faults : null,
    };

    /// <summary>An agent that plays.</summary>
    public static InstanceReport Playing(Execution row, PlannedAgents part, LiveAgent agent, LiveCohort cohort) => new()
    {
        InstanceId = agent.InstanceId,
        PodName = Instance.PodNameOf(row.SimulationId, agent.InstanceId),
        StepOrder = StepOf(row, part.Number),
        GroupId = GroupOf(row, part.Number),
        Status = agent.Status.ToWire(),
        Silo = cohort.Silo,
        PositionNanoseconds = cohort.PassStart + agent.Position,
        PositionPercent = AgentProgress.OfPass(agent, cohort),
        Progress = agent.Status == RunStatus.Completed ? 100
            : part.Plan.Playback is { Loop: true } ? part.Live.Progress
            : AgentProgress.OfPasses(agent, cohort, part.Plan.RepeatCount),
        CurrentRepeat = agent.RepeatsDone,
        TotalRepeats = part.Plan.RepeatCount,
        MessagesOut = agent.MessagesOut,
        MessagesDropped = agent.MessagesDropped,
        LatenessP50 = agent.LatenessP50,
        LatenessP99 = agent.LatenessP99,
    };

    /// <summary>An agent of which nothing is known but how its step or group stands.</summary>
    public static InstanceReport Foreseen(Execution row, PlannedAgents part, long instanceId) => new()
    {
        InstanceId = instanceId,
        PodName = Instance.PodNameOf(row.SimulationId, instanceId),
        StepOrder = StepOf(row, part.Number),
        GroupId = GroupOf(row, part.Number),
        Status = part.Live.Status.ToWire(),
        Progress = part.Live.Progress,
        CurrentRepeat = part.Live.CurrentRepeat,
        TotalRepeats = part.Live.TotalRepeats,
        MessagesOut = part.Live.MessagesOut / part.Live.AutonomousAgents,
        MessagesDropped = 0,
        Error = part.Live.Error,
    };

    private static long? StepOf(Execution row, long part) => row.PatternType == PatternType.Sequential ? part : null;

    private static long? GroupOf(Execution row, long part) => row.PatternType == PatternType.Parallel ? part : null;
}
