using SimulationManager.Api.Simulations;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Shapes runs as the contract has them.</summary>
internal static class ExecutionViews
{
    public static SimulationStatusView StatusOf(LiveExecution state, RunTexts texts) =>
        new(state.SimulationId, state.PatternType.ToWire(), Current(state, withDetails: true, texts));

    public static ExecutionView ListItem(LiveExecution state, RunTexts texts) => new()
    {
        ExecutionId = state.ExecutionId,
        SimulationId = state.SimulationId,
        PatternType = state.PatternType.ToWire(),
        CurrentStatus = Current(state, withDetails: false, texts),
    };

    public static ExecutionDetail Detail(LiveExecution state, ExecutionPlan plan, RunTexts texts) => new(new ExecutionView
    {
        ExecutionId = state.ExecutionId,
        SimulationId = state.SimulationId,
        PatternType = state.PatternType.ToWire(),
        CurrentStatus = Current(state, withDetails: true, texts),
        ExecutionPlan = SimulationViews.Plan(plan),
    });

    private static CurrentStatus Current(LiveExecution state, bool withDetails, RunTexts texts)
    {
        var sequential = state.PatternType == PatternType.Sequential;
        return new CurrentStatus
        {
            Status = state.Status.ToWire(),
            Message = texts.Of(state.Message),
            Timestamps = SimulationViews.Timestamps(LatestRun.Of(state)),
            Progress = sequential ? StepProgress(state) : GroupProgress(state),
            Playback = withDetails && !state.Status.IsTerminal() && state.Playback is { } playback ? PlaybackOf(playback, state) : null,
            Listening = withDetails && !state.Status.IsTerminal() ? state.Listening : null,
            Recording = withDetails && !state.Status.IsTerminal() ? state.Recording : null,
            StepDetails = withDetails && sequential ? [.. state.Parts.Select(part => Detail(part, sequential))] : null,
            GroupDetails = withDetails && !sequential ? [.. state.Parts.Select(part => Detail(part, sequential))] : null,
        };
    }

    private static PlaybackView PlaybackOf(LivePlayback playback, LiveExecution state) => new()
    {
        Paused = playback.Paused,
        Rate = playback.Rate,
        Position = playback.Position?.TotalSeconds,
        Released = playback.Released > 0 ? playback.Released : null,
        InjectedFaults = InjectedFaultsView.Of(state),
        Agents = playback.Agents,
        AgentsReached = playback.AgentsReached,
    };

    private static ProgressView StepProgress(LiveExecution state) => new()
    {
        OverallProgress = state.OverallProgress,
        CurrentStep = state.Status.IsTerminal() ? 0 : (int)state.Parts.Where(part => part.Status != RunStatus.Pending && part.StartedAt is not null).Select(part => part.Number).DefaultIfEmpty(0).Max(),
        CompletedSteps = state.Parts.Count(part => part.Status == RunStatus.Completed),
        TotalSteps = state.Parts.Count,
    };

    private static ProgressView GroupProgress(LiveExecution state) => new()
    {
        OverallProgress = state.OverallProgress,
        CompletedGroups = state.Parts.Count(part => part.Status == RunStatus.Completed),
        RunningGroups = state.Parts.Count(part => part.Status == RunStatus.Running),
        TotalGroups = state.Parts.Count,
    };

    private static PartDetail Detail(LivePart part, bool sequential) => new()
    {
        StepOrder = sequential ? part.Number : null,
        GroupId = sequential ? null : part.Number,
        Status = part.Status.ToWire(),
        Progress = part.Progress,
        AutonomousAgents = part.AutonomousAgents,
        AgentChanges = AgentChangeView.Of(part.AgentChanges),
        CurrentRepeat = part.CurrentRepeat,
        TotalRepeats = part.TotalRepeats,
        // One that ended while it was made ready never played; clients show the start of all that has ended.
        StartedAt = part.StartedAt ?? part.EndedAt,
        CompletedAt = part.Status == RunStatus.Completed ? part.EndedAt : null,
        FailedAt = part.Status == RunStatus.Failed ? part.EndedAt : null,
        StoppedAt = part.Status == RunStatus.Stopped ? part.EndedAt : null,
        Error = part.Error,
        Endpoints = part.Endpoints.Count > 0 ? part.Endpoints : null,
        Faults = part.Faults.Count > 0 ? part.Faults : null,
    };
}
