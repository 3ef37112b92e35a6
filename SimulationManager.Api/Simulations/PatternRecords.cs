using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Simulations;

/// <summary>A request that names exactly one of step and group.</summary>
public abstract record StepOrGroupRequest<TStep, TGroup> : IChecksItself
    where TStep : class
    where TGroup : class
{
    public TStep? Step { get; init; }
    public TGroup? Group { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (Step is null == Group is null) problems.Add(new FieldProblem("step", Messages.StepOrGroup));
    }
}

/// <summary>A step or group to add.</summary>
public sealed record PatternAddRequest : StepOrGroupRequest<StepRequest, GroupRequest>;

/// <summary>What to change of a step or group; what is left out stays.</summary>
public sealed record PatternChangeRequest : StepOrGroupRequest<StepChange, GroupChange>;

/// <summary>The step or group to remove.</summary>
public sealed record PatternRemoveRequest : StepOrGroupRequest<StepKey, GroupKey>;

/// <summary>What can be changed of a step or group.</summary>
public abstract record PartChange : IRequestBody
{
    [Range(1L, long.MaxValue)]
    public long? TemplateId { get; init; }

    [Range(1, PartRequest.MaxAgents)]
    public int? AutonomousAgentCount { get; init; }

    [Range(1, int.MaxValue)]
    public int? ExecutionTime { get; init; }

    [Range(1, int.MaxValue)]
    public int? RepeatCount { get; init; }

    public PlaybackRequest? Playback { get; init; }

    public OutputRequest? Output { get; init; }

    public FleetRequest? Fleet { get; init; }
}

/// <summary>Changes of one step.</summary>
public sealed record StepChange : PartChange
{
    [Required, Range(1, int.MaxValue)]
    public int? StepOrder { get; init; }

    [Range(0, int.MaxValue)]
    public int? DelayAfterCompletion { get; init; }
}

/// <summary>Changes of one group.</summary>
public sealed record GroupChange : PartChange
{
    [Required, Range(1L, long.MaxValue)]
    public long? GroupId { get; init; }

    [StringLength(255)]
    public string? GroupName { get; init; }

    [StringLength(255)]
    public string? AssignedArea { get; init; }
}

/// <summary>Names a step.</summary>
public sealed record StepKey : IRequestBody
{
    [Required, Range(1, int.MaxValue)]
    public int? StepOrder { get; init; }
}

/// <summary>Names a group.</summary>
public sealed record GroupKey : IRequestBody
{
    [Required, Range(1L, long.MaxValue)]
    public long? GroupId { get; init; }
}

/// <summary>The step or group that was added, changed or removed.</summary>
public sealed record PatternView
{
    public StepView? Step { get; init; }
    public GroupView? Group { get; init; }
}
