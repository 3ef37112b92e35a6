using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>What is to be injected into a step or group of a run that goes on.</summary>
public sealed record FaultsRequest : IChecksItself
{
    [Range(1, int.MaxValue), Description("The step; left out: all steps that have not ended, also those that have not begun.")]
    public int? StepOrder { get; init; }

    [Range(1L, long.MaxValue), Description("The group; left out: all groups that have not ended.")]
    public long? GroupId { get; init; }

    [Required, Length(0, FleetOptions.MaxFaults), Description("What goes wrong beside the plan's own faults, in the order in which a message meets it. They replace those that are injected; one that is the same as one of these goes on. None: nothing is injected any more.")]
    public IReadOnlyList<FaultRequest>? Faults { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (StepOrder is not null && GroupId is not null) problems.Add(new FieldProblem(path + "groupId", Messages.StepOrGroupId));
    }

    /// <summary>What it asks of a run of this plan.</summary>
    /// <exception cref="RefusalException">The plan has no such step or group (404).</exception>
    internal PartFaults ToPartFaults(ExecutionPlan plan) => new(PlannedParts.NumberOf(plan, StepOrder, GroupId), [.. Faults!.Select(fault => fault.ToOptions())]);
}

/// <summary>What is injected into a step or group.</summary>
public sealed record InjectedFaultsView
{
    /// <summary>Of a sequential simulation.</summary>
    public long? StepOrder { get; init; }

    /// <summary>Of a parallel simulation.</summary>
    public long? GroupId { get; init; }

    /// <summary>In the order in which a message meets them, after the faults of the plan.</summary>
    public required IReadOnlyList<FaultOptions> Faults { get; init; }

    /// <summary>What is injected into the parts of a run that have not ended; null: nothing.</summary>
    internal static IReadOnlyList<InjectedFaultsView>? Of(LiveExecution run)
    {
        var isSequential = run.PatternType == PatternType.Sequential;
        InjectedFaultsView[] views =
        [
            .. run.Parts.Where(part => part.InjectedFaults.Count > 0 && !part.Status.IsTerminal()).Select(part => new InjectedFaultsView
            {
                StepOrder = isSequential ? part.Number : null,
                GroupId = isSequential ? null : part.Number,
                Faults = [.. part.InjectedFaults.Select(injected => injected.Fault)],
            }),
        ];
        return views.Length == 0 ? null : views;
    }
}
