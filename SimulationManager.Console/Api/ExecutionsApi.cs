using System.Text.Json;

namespace SimulationManager.Console.Api;

/// <summary><c>/api/simulation/{id}/execution</c>: runs, and what can be done to one that goes on.</summary>
public sealed class ExecutionsApi(ApiConnection api)
{
    /// <param name="simulationId">The simulation.</param>
    /// <param name="page">From 1.</param>
    /// <param name="size">Runs of a page.</param>
    /// <param name="status">Only runs of this state; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ExecutionPage> ListAsync(long simulationId, int page, int size, string? status, CancellationToken cancellationToken) =>
        api.GetAsync($"api/simulation/{simulationId}/execution?page={page}&size={size}{StatusOf(status)}", ConsoleJson.Default.EnvelopeExecutionPage, cancellationToken);

    public async Task<ExecutionView> GetAsync(RunKey run, CancellationToken cancellationToken) =>
        (await api.GetAsync(PathOf(run), ConsoleJson.Default.EnvelopeExecutionDetail, cancellationToken)).Execution;

    /// <summary>A run's frozen plan with all its fields, also those that no page shows by itself.</summary>
    public async Task<JsonElement> PlanAsync(RunKey run, CancellationToken cancellationToken) =>
        (await api.GetAsync(PathOf(run), ConsoleJson.Default.EnvelopeRunPlanDetail, cancellationToken)).Execution.ExecutionPlan;

    public Task<ExecutionReport> ReportAsync(RunKey run, CancellationToken cancellationToken) =>
        api.GetAsync($"{PathOf(run)}/report", ConsoleJson.Default.EnvelopeExecutionReport, cancellationToken);

    public Task<InstancePage> InstancesAsync(RunKey run, int page, int size, string? status, CancellationToken cancellationToken) =>
        api.GetAsync(
            $"{PathOf(run)}/instances?page={page}&size={size}{StatusOf(status)}",
            ConsoleJson.Default.EnvelopeInstancePage, cancellationToken);

    public Task<PlaybackChanged> StopAsync(RunKey run, CancellationToken cancellationToken) => CommandAsync(run, "stop", cancellationToken);

    public Task<PlaybackChanged> PauseAsync(RunKey run, CancellationToken cancellationToken) => CommandAsync(run, "pause", cancellationToken);

    public Task<PlaybackChanged> ResumeAsync(RunKey run, CancellationToken cancellationToken) => CommandAsync(run, "resume", cancellationToken);

    /// <summary>Lets each agent of a paused run put out its next message.</summary>
    public Task<PlaybackChanged> StepAsync(RunKey run, CancellationToken cancellationToken) => CommandAsync(run, "play-next", cancellationToken);

    public Task<PlaybackChanged> RebalanceAsync(RunKey run, CancellationToken cancellationToken) => CommandAsync(run, "rebalance", cancellationToken);

    /// <param name="run">The run.</param>
    /// <param name="position">Seconds of the bag from its start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<PlaybackChanged> SeekAsync(RunKey run, double position, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, $"{PathOf(run)}/seek", new SeekRequest(position), ConsoleJson.Default.SeekRequest, ConsoleJson.Default.EnvelopePlaybackChanged, cancellationToken);

    /// <param name="run">The run.</param>
    /// <param name="rate">Speed factor, 0.01–100.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<PlaybackChanged> SetRateAsync(RunKey run, double rate, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, $"{PathOf(run)}/rate", new RateRequest(rate), ConsoleJson.Default.RateRequest, ConsoleJson.Default.EnvelopePlaybackChanged, cancellationToken);

    public Task<PlaybackChanged> ChangeAgentsAsync(RunKey run, AgentsRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, $"{PathOf(run)}/agents", request, ConsoleJson.Default.AgentsRequest, ConsoleJson.Default.EnvelopePlaybackChanged, cancellationToken);

    /// <summary>Replaces the faults that are injected into a step or group.</summary>
    public Task<PlaybackChanged> InjectFaultsAsync(RunKey run, InjectedFaults faults, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Put, $"{PathOf(run)}/faults", faults, ConsoleJson.Default.InjectedFaults, ConsoleJson.Default.EnvelopePlaybackChanged, cancellationToken);

    private Task<PlaybackChanged> CommandAsync(RunKey run, string command, CancellationToken cancellationToken) =>
        api.PostAsync($"{PathOf(run)}/{command}", ConsoleJson.Default.EnvelopePlaybackChanged, cancellationToken);

    private static string StatusOf(string? status) => string.IsNullOrEmpty(status) ? "" : $"&status={Uri.EscapeDataString(status)}";

    private static string PathOf(RunKey run) => $"api/simulation/{run.SimulationId}/execution/{run.ExecutionId}";
}

/// <summary>Names a run.</summary>
public readonly record struct RunKey(long SimulationId, long ExecutionId);

public sealed record SeekRequest(double Position);

public sealed record RateRequest(double Rate);

/// <param name="Count">How many to add; negative: to remove.</param>
/// <param name="StepOrder">The step; null: the one that plays.</param>
/// <param name="GroupId">The group; null: the only one that plays.</param>
public sealed record AgentsRequest(int Count, int? StepOrder = null, long? GroupId = null);

public sealed record PlaybackChanged(long SimulationId, long ExecutionId, string Status);

public sealed record ExecutionPage(IReadOnlyList<ExecutionView> Executions, Pagination Pagination);

public sealed record ExecutionDetail(ExecutionView Execution);

public sealed record RunPlanDetail(RunPlan Execution);

public sealed record RunPlan(JsonElement ExecutionPlan);

public sealed record ExecutionView(long ExecutionId, long SimulationId, string PatternType, CurrentStatus CurrentStatus, ExecutionPlan? ExecutionPlan);

public sealed record CurrentStatus(
    string Status, string Message, ExecutionTimestamps Timestamps, RunProgress Progress, PlaybackState? Playback, IReadOnlyList<PartDetail>? StepDetails, IReadOnlyList<PartDetail>? GroupDetails)
{
    /// <summary>Its steps or its groups.</summary>
    public IReadOnlyList<PartDetail> Parts => StepDetails ?? GroupDetails ?? [];
}

public sealed record ExecutionTimestamps(
    DateTimeOffset CreatedAt, DateTimeOffset LastUpdated, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, DateTimeOffset? FailedAt, DateTimeOffset? StoppedAt)
{
    public DateTimeOffset? EndedAt => CompletedAt ?? FailedAt ?? StoppedAt;
}

public sealed record RunProgress(double OverallProgress, int? CurrentStep, int? CompletedSteps, int? TotalSteps, int? CompletedGroups, int? RunningGroups, int? TotalGroups);

/// <summary>What was asked of a run, and how many agents have done so.</summary>
public sealed record PlaybackState(bool Paused, double? Rate, double? Position, long? Released, int? Agents, int? AgentsReached, IReadOnlyList<InjectedFaults>? InjectedFaults);

/// <summary>What is injected into a step or group, or is to be.</summary>
public sealed record InjectedFaults(long? StepOrder, long? GroupId, IReadOnlyList<FaultSettings> Faults)
{
    public long Number => StepOrder ?? GroupId ?? 0;
}

public sealed record PartDetail(
    long? StepOrder, long? GroupId, string Status, double Progress, int AutonomousAgents, int CurrentRepeat, int TotalRepeats, DateTimeOffset? StartedAt, string? Error)
{
    public long Number => StepOrder ?? GroupId ?? 0;
}

public sealed record InstancePage(IReadOnlyList<InstanceReport> Instances, Pagination Pagination);

/// <summary>One agent; lateness in microseconds.</summary>
public sealed record InstanceReport(
    long InstanceId, string PodName, long? StepOrder, long? GroupId, string Status, string? Silo, long? PositionNanoseconds, double Progress, int CurrentRepeat, int TotalRepeats,
    long MessagesOut, long MessagesDropped, long? LatenessP50, long? LatenessP99, string? Error);
