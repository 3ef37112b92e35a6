using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>How many agents to add to a step or group that plays, or to remove from it.</summary>
public sealed record AgentsRequest : IChecksItself
{
    [Range(1, int.MaxValue), Description("The step; left out: the one that plays.")]
    public int? StepOrder { get; init; }

    [Range(1L, long.MaxValue), Description("The group; may be left out while exactly one plays.")]
    public long? GroupId { get; init; }

    [Required, Range(-PartRequest.MaxAgents, PartRequest.MaxAgents), Description("How many to add; negative: to remove, those with the highest numbers first among those that have not ended. Not 0.")]
    public int? Count { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (Count == 0) problems.Add(new FieldProblem(path + "count", Messages.AgentCountZero));
        if (StepOrder is not null && GroupId is not null) problems.Add(new FieldProblem(path + "groupId", Messages.StepOrGroupId));
    }

    /// <summary>The command to a run of this plan.</summary>
    /// <exception cref="RefusalException">The plan has no such step or group (404).</exception>
    internal RunCommand.ChangeAgents ToCommand(ExecutionPlan plan) => new(Guid.NewGuid(), PlannedParts.NumberOf(plan, StepOrder, GroupId), Count!.Value);

    /// <summary>Why the run does not do it, for the client.</summary>
    internal static RefusalException RefusalOf(AgentChangeRefusal reason) => reason switch
    {
        AgentChangeRefusal.SeveralPartsPlay => Refuse.Conflict(Messages.AgentsGroupNeeded),
        AgentChangeRefusal.TooManyAgents => Refuse.Conflict(Messages.AgentsTooMany, PartRequest.MaxAgents),
        AgentChangeRefusal.NoneRemain => Refuse.Conflict(Messages.AgentsNoneRemain),
        AgentChangeRefusal.TooManyChanges => Refuse.Conflict(Messages.AgentsChangedTooOften, AgentCountChange.MaxPerPart),
        // Which parts there are does not change.
        _ => Refuse.Conflict(Messages.AgentsNotPlaying),
    };
}

/// <summary>Agents that were added or removed while a step or group played.</summary>
public sealed record AgentChangeView
{
    public required DateTimeOffset At { get; init; }

    /// <summary>How many were added; negative: removed.</summary>
    public required int Count { get; init; }

    /// <summary>Which they are, by their `instanceId`.</summary>
    public required IReadOnlyList<AgentRange> Agents { get; init; }

    /// <summary>Null: there were none.</summary>
    internal static IReadOnlyList<AgentChangeView>? Of(IReadOnlyCollection<AgentCountChange> changes) => changes.Count == 0
        ? null
        : [.. changes.Select(change => new AgentChangeView { At = change.At, Count = change.Count, Agents = change.Agents })];
}
