using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>What came out of a run, and how each of its agents fared.</summary>
public sealed class ReportService(RobotDbContext database, ExecutionStates states, RecordingService recordings, RunTexts texts, TimeProvider time)
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
        var (listening, recorded) = await recordings.ReportAsync(executionId, row.EndedAt, cancellationToken);
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
            Listening = listening,
            Recorded = recorded,
            Instances = [.. instances.Select(instance => InstanceReports.Ended(row, instance))],
            Failures = [.. parts.Select(part => part.Error).Concat(instances.Select(instance => instance.Error)).OfType<string>().Distinct()],
        };
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
        AgentChanges = AgentChangeView.Of(part.AgentChanges),
        CurrentRepeat = live.CurrentRepeat,
        TotalRepeats = part.TotalRepeats,
        StartedAt = live.StartedAt,
        EndedAt = live.EndedAt,
        Duration = SecondsOf(live.StartedAt, live.EndedAt),
        PausedSeconds = part.PausedSeconds,
        MessagesPlanned = Math.Max(part.MessagesPlanned, live.MessagesPlanned),
        MessagesOut = live.MessagesOut,
        MessagesDropped = part.MessagesDropped,
        DroppedByTopic = part.DroppedByTopic,
        Lateness = part.Lateness,
        Gaps = part.Gaps,
        Endpoints = live.Endpoints,
        Faults = live.Faults,
        Error = live.Error,
    };

    private static double? SecondsOf(DateTimeOffset? from, DateTimeOffset? until) =>
        from is { } start && until is { } end ? Math.Round((end - start).TotalSeconds, 3) : null;
}
