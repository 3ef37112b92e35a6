using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>What came out of a run, and how each of its agents fared.</summary>
public sealed class ReportService(RobotDbContext database, ExecutionStates states, RunTexts texts, TimeProvider time)
{
    /// <summary>The result of a run; while it goes on, what is known so far.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<ExecutionReport> GetAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var row = await FindAsync(simulationId, executionId, cancellationToken);
        var state = await states.OfRowAsync(row);
        var instances = await database.ExecutionInstances.AsNoTracking()
            .Where(instance => instance.ExecutionId == executionId).OrderBy(instance => instance.InstanceId)
            .ToListAsync(cancellationToken);
        var parts = row.Parts.OrderBy(part => part.Number)
            .Select(part => PartOf(row, part, state.Parts.Single(live => live.Number == part.Number))).ToList();
        var sequential = row.PatternType == PatternType.Sequential;
        return new ExecutionReport
        {
            ExecutionId = row.Id,
            SimulationId = row.SimulationId,
            PatternType = row.PatternType.ToWire(),
            Status = state.Status.ToWire(),
            Message = texts.Of(state.Message),
            OverallProgress = state.OverallProgress,
            StartedAt = state.StartedAt,
            EndedAt = state.EndedAt,
            Duration = SecondsOf(state.StartedAt, state.EndedAt ?? time.GetUtcNow()),
            MessagesPlanned = parts.Sum(part => part.MessagesPlanned),
            MessagesOut = state.MessagesOut,
            MessagesDropped = row.MessagesDropped,
            Lateness = row.Lateness,
            Steps = sequential ? parts : null,
            Groups = sequential ? null : parts,
            Instances = [.. instances.Select(instance => InstanceOf(row, instance))],
            Failures = [.. parts.Select(part => part.Error).Concat(instances.Select(instance => instance.Error)).OfType<string>().Distinct()],
        };
    }

    /// <summary>A page of a run's agents by their number.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<InstancePage> ListInstancesAsync(
        long simulationId, long executionId, RunStatus? status, PageRequest page, CancellationToken cancellationToken)
    {
        var row = await FindAsync(simulationId, executionId, cancellationToken);
        var ended = await database.ExecutionInstances.AsNoTracking()
            .Where(instance => instance.ExecutionId == executionId).OrderBy(instance => instance.InstanceId)
            .ToListAsync(cancellationToken);
        var state = await states.OfRowAsync(row);
        var all = PlannedInstances.Of(row.Plan)
            .GroupJoin(ended, planned => planned.InstanceId, instance => instance.InstanceId, (planned, outcomes) => (planned, outcome: outcomes.SingleOrDefault()))
            .Select(pair => pair.outcome is null ? InstanceOf(row, pair.planned, state) : InstanceOf(row, pair.outcome))
            .Where(instance => status is null || instance.Status == status.Value.ToWire())
            .ToList();
        return new InstancePage([.. all.Skip((int)Math.Min(page.Offset, int.MaxValue)).Take(page.Size)], Pagination.Of(page, all.Count));
    }

    private async Task<Execution> FindAsync(long simulationId, long executionId, CancellationToken cancellationToken) =>
        await database.Executions.AsNoTracking().Include(execution => execution.Parts)
            .SingleOrDefaultAsync(execution => execution.Id == executionId && execution.SimulationId == simulationId, cancellationToken)
        ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);

    private static PartReport PartOf(Execution row, ExecutionPart part, LivePart live) => new()
    {
        StepOrder = row.PatternType == PatternType.Sequential ? part.Number : null,
        GroupId = row.PatternType == PatternType.Parallel ? part.Number : null,
        Status = live.Status.ToWire(),
        Progress = live.Progress,
        AutonomousAgents = part.AutonomousAgents,
        CurrentRepeat = live.CurrentRepeat,
        TotalRepeats = part.TotalRepeats,
        StartedAt = live.StartedAt,
        EndedAt = live.EndedAt,
        Duration = SecondsOf(live.StartedAt, live.EndedAt),
        PausedSeconds = part.PausedSeconds,
        MessagesPlanned = Math.Max(part.MessagesPlanned, live.MessagesPlanned),
        MessagesOut = live.MessagesOut,
        MessagesDropped = part.MessagesDropped,
        Lateness = part.Lateness,
        Gaps = part.Gaps,
        Error = live.Error,
    };

    private static InstanceReport InstanceOf(Execution row, ExecutionInstance instance)
    {
        var repeats = row.Parts.Single(part => part.Number == instance.PartNumber).TotalRepeats;
        return new InstanceReport
        {
            InstanceId = instance.InstanceId,
            PodName = Instance.PodNameOf(row.SimulationId, instance.InstanceId),
            StepOrder = row.PatternType == PatternType.Sequential ? instance.PartNumber : null,
            GroupId = row.PatternType == PatternType.Parallel ? instance.PartNumber : null,
            Status = instance.Status.ToWire(),
            Silo = instance.Silo,
            Progress = Math.Round(100.0 * Math.Min(instance.RepeatsCompleted, repeats) / repeats, 1),
            CurrentRepeat = instance.RepeatsCompleted,
            TotalRepeats = repeats,
            MessagesOut = instance.MessagesOut,
            MessagesDropped = instance.MessagesDropped,
            LatenessP50 = instance.LatenessP50,
            LatenessP99 = instance.LatenessP99,
            Error = instance.Error,
        };
    }

    /// <summary>An agent whose outcome is not written yet: as its step or group stands.</summary>
    private static InstanceReport InstanceOf(Execution row, PlannedInstance planned, LiveExecution state)
    {
        var part = state.Parts.Single(live => live.Number == planned.PartNumber);
        return new InstanceReport
        {
            InstanceId = planned.InstanceId,
            PodName = Instance.PodNameOf(row.SimulationId, planned.InstanceId),
            StepOrder = row.PatternType == PatternType.Sequential ? planned.PartNumber : null,
            GroupId = row.PatternType == PatternType.Parallel ? planned.PartNumber : null,
            Status = part.Status.ToWire(),
            Progress = part.Progress,
            CurrentRepeat = part.CurrentRepeat,
            TotalRepeats = part.TotalRepeats,
            MessagesOut = part.MessagesOut / part.AutonomousAgents,
            MessagesDropped = 0,
            Error = part.Error,
        };
    }

    private static double? SecondsOf(DateTimeOffset? from, DateTimeOffset? until) =>
        from is { } start && until is { } end ? Math.Round((end - start).TotalSeconds, 3) : null;
}

/// <summary>An agent that a plan foresees.</summary>
internal readonly record struct PlannedInstance(long InstanceId, long PartNumber);

/// <summary>Numbers a plan's agents as the worker does: 1..n, part after part.</summary>
internal static class PlannedInstances
{
    public static IEnumerable<PlannedInstance> Of(ExecutionPlan plan)
    {
        long id = 0;
        foreach (var part in plan.Parts)
        {
            for (var agent = 0; agent < part.AutonomousAgentCount; agent++) yield return new PlannedInstance(++id, part.Number);
        }
    }
}
