using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Instances;

/// <summary>Agents that a person adds to a simulation by hand.</summary>
public sealed record InstanceCreateRequest : IRequestBody
{
    private const int MaxCount = 1000;

    [Required, StringLength(255, MinimumLength = 1)]
    public string? InstanceName { get; init; }

    [StringLength(1000)]
    public string? InstanceDescription { get; init; }

    [Required, Range(1L, long.MaxValue)]
    public long? SimulationId { get; init; }

    [Required, Range(1L, long.MaxValue)]
    public long? TemplateId { get; init; }

    [Required, Range(1, MaxCount), Description("How many agents to add.")]
    public int? InstanceCount { get; init; }
}

/// <summary>An agent that was added.</summary>
public sealed record InstanceCreated(
    long InstanceId, string InstanceName, string InstanceDescription, long SimulationId, long TemplateId, string PodName);

/// <summary>An agent in a list.</summary>
public sealed record InstanceListItem(
    long InstanceId,
    string InstanceName,
    string InstanceDescription,
    DateTimeOffset InstanceCreatedAt,
    string PodName,
    string PodNamespace,
    string PodStatus,
    string RunningStatus);

/// <summary>One agent.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="PodName"><c>instance-&lt;simulationId&gt;-&lt;instanceId&gt;</c>.</param>
/// <param name="InstanceNamespace">The simulation's namespace.</param>
/// <param name="InstanceStatus"><c>Running</c>, <c>Stopped</c>, or the failure.</param>
/// <param name="InstanceImage">What plays it.</param>
/// <param name="InstanceAge">Time since it was added, for example <c>2d3h</c>.</param>
/// <param name="InstanceLabel">Label of everything that belongs to its simulation.</param>
/// <param name="TemplateType">Type of its template.</param>
/// <param name="Topics">Comma-separated.</param>
public sealed record InstanceDetail(
    long InstanceId,
    string PodName,
    string InstanceNamespace,
    string InstanceStatus,
    string InstanceImage,
    string InstanceAge,
    string InstanceLabel,
    string TemplateType,
    string Topics);

/// <summary>The agent that was removed.</summary>
public sealed record InstanceDeleted(long InstanceId);

/// <summary>Names agents.</summary>
public record InstanceIdsRequest : IRequestBody
{
    private const int MaxIds = 1000;

    [Required, Length(1, MaxIds)]
    public IReadOnlyList<long>? InstanceIds { get; init; }
}

/// <summary>Starts or stops agents.</summary>
public sealed record InstanceActionRequest : InstanceIdsRequest
{
    public const string Start = "start";
    public const string Stop = "stop";

    [Required, AllowedValues(Start, Stop), Description("`start` or `stop`.")]
    public string? Action { get; init; }
}

/// <summary>Whether an agent plays.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="RunningStatus"><c>Running</c>, <c>Stopped</c>, or the failure.</param>
public sealed record InstanceRunningStatus(long InstanceId, string RunningStatus);

/// <summary>The action that was carried out: <c>START</c> or <c>STOP</c>.</summary>
public sealed record InstanceActionDone(string Status);
