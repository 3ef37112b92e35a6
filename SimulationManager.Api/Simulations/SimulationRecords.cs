using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>A new simulation.</summary>
public sealed record SimulationCreateRequest : IChecksItself
{
    [Required, StringLength(30, MinimumLength = 1), Description("Unique; the name of a deleted simulation is free again.")]
    public string? SimulationName { get; init; }

    [StringLength(100)]
    public string? SimulationDescription { get; init; }

    [Required, AllowedValues(PatternWords.Sequential, PatternWords.Parallel), Description("`sequential` (steps) or `parallel` (groups).")]
    public string? PatternType { get; init; }

    [StringLength(50), Description("The edge site that the simulation is meant for; free text.")]
    public string? MecId { get; init; }

    [Required]
    public PatternRequest? Pattern { get; init; }

    [Length(0, ListenOptions.MaxEndpoints), Description("What runs subscribe to and record as MCAP beside their report; left out: nothing.")]
    public IReadOnlyList<ListenRequest>? Listen { get; init; }

    [JsonConverter(typeof(TrueOrObject<RecordRequest>)), Description("What runs record, as MCAP beside their report, of what their own agents put out: `true` for all of it, or an object; left out: nothing.")]
    public RecordRequest? Record { get; init; }

    /// <summary>The kind, once it is known to be one.</summary>
    internal PatternType Kind => PatternWords.ByWord[PatternType!];

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        var sequential = Kind == Core.Model.PatternType.Sequential;
        var (wanted, other) = sequential ? ("steps", "groups") : ("groups", "steps");
        var (wantedCount, otherCount) = sequential
            ? (Pattern!.Steps?.Count, Pattern.Groups?.Count)
            : (Pattern!.Groups?.Count, Pattern.Steps?.Count);
        if (otherCount is > 0) problems.Add(new FieldProblem($"pattern.{other}", Messages.PatternKind, PatternType!));
        else if (wantedCount is null or 0) problems.Add(new FieldProblem($"pattern.{wanted}", Messages.PatternEmpty));
        else if (sequential) CheckOrder(Pattern.Steps!, problems);
        if (Listen?.Count(entry => entry.Endpoint is null) > 1) problems.Add(new FieldProblem("listen", Messages.ListenSiteOnce));
        var agents = (Pattern.Steps ?? []).Concat<PartRequest>(Pattern.Groups ?? []).Sum(part => (long)part.AutonomousAgentCount!.Value);
        if (Record?.IsPerAgent == true && agents > RecordOptions.MaxAgents) problems.Add(new FieldProblem("record.per", Messages.RecordAgents, RecordOptions.MaxAgents, agents));
    }

    private static void CheckOrder(IReadOnlyList<StepRequest> steps, ICollection<FieldProblem> problems)
    {
        var orders = steps.Select(step => step.StepOrder!.Value).Order().ToArray();
        if (!orders.SequenceEqual(Enumerable.Range(1, orders.Length)))
            problems.Add(new FieldProblem("pattern.steps", Messages.StepOrderGap, orders.Length, string.Join(", ", orders)));
    }
}

/// <summary>What a simulation runs: steps or groups.</summary>
public sealed record PatternRequest : IRequestBody
{
    /// <summary>More would be a mistake.</summary>
    public const int MaxParts = 1000;

    [Length(0, MaxParts)]
    public IReadOnlyList<StepRequest>? Steps { get; init; }

    [Length(0, MaxParts)]
    public IReadOnlyList<GroupRequest>? Groups { get; init; }
}

/// <summary>What a step and a group have in common.</summary>
public abstract record PartRequest : IRequestBody
{
    /// <summary>More agents than this in one step or group would be a mistake.</summary>
    public const int MaxAgents = ExecutionPlan.MaxAgentsPerPart;

    [Required, Range(1L, long.MaxValue)]
    public long? TemplateId { get; init; }

    [Required, Range(1, MaxAgents), Description("Number of agents.")]
    public int? AutonomousAgentCount { get; init; }

    [Required, Range(1, int.MaxValue), Description("Time limit in seconds.")]
    public int? ExecutionTime { get; init; }

    [Required, Range(1, int.MaxValue), Description("How often each agent plays its bag, back to back.")]
    public int? RepeatCount { get; init; }

    [Description("How the bag is played, as `ros2 bag play` has it.")]
    public PlaybackRequest? Playback { get; init; }

    [Description("Where the agents publish, and what is changed in what they publish.")]
    public OutputRequest? Output { get; init; }

    [Description("How the agents differ from each other: when they join, where in the bag they begin, and what goes wrong; left out: all play the same at the same time.")]
    public FleetRequest? Fleet { get; init; }
}

/// <summary>One step of a sequential simulation.</summary>
public sealed record StepRequest : PartRequest
{
    [Required, Range(1, int.MaxValue), Description("1..n with no gap.")]
    public int? StepOrder { get; init; }

    [Range(0, int.MaxValue), Description("Seconds between the end of this step and the start of the next; 0 when left out.")]
    public int? DelayAfterCompletion { get; init; }
}

/// <summary>One group of a parallel simulation.</summary>
public sealed record GroupRequest : PartRequest
{
    [StringLength(255), Description("A name for people.")]
    public string? GroupName { get; init; }

    [StringLength(255), Description("Where the group is meant to be.")]
    public string? AssignedArea { get; init; }
}

/// <summary>The simulation that was created.</summary>
public sealed record SimulationCreated(
    long SimulationId,
    string SimulationName,
    string SimulationDescription,
    string PatternType,
    string Status,
    string SimulationNamespace,
    string MecId,
    DateTimeOffset CreatedAt,
    long TotalExpectedPods);

/// <summary>A page of simulations with the counts of all.</summary>
public sealed record SimulationPage(SimulationOverview Overview, IReadOnlyList<SimulationListItem> Simulations, Pagination Pagination);

/// <summary>All simulations that are not deleted, by what they do or how their last run ended.</summary>
public sealed record SimulationOverview(long Total, long Pending, long Running, long Completed, long Failed);

/// <summary>One simulation in a list.</summary>
public sealed record SimulationListItem(
    long SimulationId,
    string SimulationName,
    string PatternType,
    string Status,
    string LatestExecutionStatus,
    string MecId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A simulation's id and name.</summary>
public sealed record SimulationSummary(long SimulationId, string SimulationName);

/// <summary>A simulation with its plan and how its last run stands.</summary>
public sealed record SimulationDetail(
    long SimulationId,
    string SimulationName,
    string SimulationDescription,
    string PatternType,
    string MecId,
    string Namespace,
    DateTimeOffset CreatedAt,
    ExecutionPlanView ExecutionPlan,
    LatestExecutionView LatestExecutionStatus);

/// <summary>
/// How the last run stands; before the first run <c>executionId</c> is 0 and <c>status</c> PENDING. While the simulation is deleted
/// <c>status</c> is DELETING.
/// </summary>
public sealed record LatestExecutionView(long ExecutionId, string Status, ExecutionTimestamps Timestamps, OverallProgressView Progress);

/// <summary>Percent, 0–100, one decimal.</summary>
public sealed record OverallProgressView(double OverallProgress);

/// <summary>Creation and last change, and what else has happened.</summary>
public sealed record ExecutionTimestamps
{
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastUpdated { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public DateTimeOffset? FailedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
}

/// <summary>Either steps or groups, and what is recorded.</summary>
public sealed record ExecutionPlanView
{
    public IReadOnlyList<StepView>? Steps { get; init; }
    public IReadOnlyList<GroupView>? Groups { get; init; }

    /// <summary>What runs subscribe to and record; absent: nothing.</summary>
    public IReadOnlyList<ListenOptions>? Listen { get; init; }

    /// <summary>What runs record of what their agents put out; absent: nothing.</summary>
    public RecordOptions? Record { get; init; }
}

/// <summary>One step of a plan.</summary>
public sealed record StepView(
    int StepOrder,
    long TemplateId,
    string TemplateName,
    string TemplateType,
    int AutonomousAgentCount,
    int RepeatCount,
    int ExecutionTime,
    int DelayAfterCompletion,
    PlaybackOptions? Playback,
    OutputOptions? Output,
    FleetOptions? Fleet);

/// <summary>One group of a plan.</summary>
public sealed record GroupView(
    long GroupId,
    string? GroupName,
    string? AssignedArea,
    long TemplateId,
    string TemplateName,
    string TemplateType,
    int AutonomousAgentCount,
    int RepeatCount,
    int ExecutionTime,
    PlaybackOptions? Playback,
    OutputOptions? Output,
    FleetOptions? Fleet);
