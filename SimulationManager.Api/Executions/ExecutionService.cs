using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Data;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Reads and stops runs.</summary>
public sealed class ExecutionService(RobotDbContext database, ExecutionStates states, RunTexts texts, WorkerConnection worker)
{
    /// <summary>How many runs a simulation has; null: there is no such simulation.</summary>
    private static readonly Func<RobotDbContext, long, RunStatus?, CancellationToken, Task<long?>> s_count = EF.CompileAsyncQuery(
        (RobotDbContext database, long id, RunStatus? status, CancellationToken _) => database.Simulations
            .Where(simulation => simulation.Id == id)
            .Select(simulation => (long?)database.Executions.LongCount(execution => execution.SimulationId == simulation.Id && (status == null || execution.Status == status)))
            .SingleOrDefault());

    private static readonly Func<RobotDbContext, long, RunStatus?, int, int, IAsyncEnumerable<StoredRow>> s_page = EF.CompileAsyncQuery(
        (RobotDbContext database, long id, RunStatus? status, int offset, int size) => database.Executions
            .Where(execution => execution.SimulationId == id && (status == null || execution.Status == status))
            .OrderByDescending(execution => execution.Id)
            .Skip(offset).Take(size)
            .Select(LiveExecution.Projection)
            .SelectMany(
                run => database.ExecutionParts.Where(part => part.ExecutionId == run.ExecutionId).Select(LivePart.Projection),
                (run, part) => new StoredRow { Run = run, Part = part })
            .OrderByDescending(row => row.Run.ExecutionId).ThenBy(row => row.Part.Number).AsQueryable());

    /// <summary>How a simulation's latest run stands; before the first, its plan as if it were a run that is to come.</summary>
    /// <exception cref="RefusalException">There is no such simulation (404).</exception>
    public async Task<LiveExecution> GetLatestStateAsync(long simulationId, CancellationToken cancellationToken)
    {
        if (await states.FindRunningAsync(simulationId) is { } running) return running;
        var simulation = await database.Simulations.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Id == simulationId && row.DeletedAt == null, cancellationToken)
            ?? throw Refuse.NotFound(Messages.SimulationNotFound, simulationId);
        if (simulation.LatestExecutionId is { } latest && await states.FindAsync(latest, cancellationToken) is { } state) return state;
        return await NeverRunAsync(simulation, cancellationToken);
    }

    /// <summary>A page of a simulation's runs, the newest first; a deleted simulation's stay readable.</summary>
    /// <exception cref="RefusalException">There is no such simulation (404).</exception>
    public async Task<ExecutionPage> ListAsync(long simulationId, RunStatus? status, PageRequest page, CancellationToken cancellationToken)
    {
        // One more than the page has: where none is found, this was the last page, and nothing needs to be counted.
        List<LiveExecution> rows = page.Offset > int.MaxValue ? [] : StoredRow.Join(await s_page(database, simulationId, status, (int)page.Offset, page.Size + 1).ToListAsync(cancellationToken));
        var total = rows.Count > 0 && rows.Count <= page.Size
            ? page.Offset + rows.Count
            : await s_count(database, simulationId, status, cancellationToken) ?? throw Refuse.NotFound(Messages.SimulationNotFound, simulationId);
        List<ExecutionView> views = [];
        foreach (var row in rows.Take(page.Size)) views.Add(ExecutionViews.ListItem(await states.OfStoredAsync(row), texts));
        return new ExecutionPage(views, Pagination.Of(page, total));
    }

    /// <summary>One run with its plan.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<ExecutionDetail> GetAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var row = await database.Executions.AsNoTracking().Include(execution => execution.Parts)
            .SingleOrDefaultAsync(execution => execution.Id == executionId && execution.SimulationId == simulationId, cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        return ExecutionViews.Detail(await states.OfRowAsync(row), row.Plan, texts);
    }

    /// <summary>Refuses what can be had of a run that goes on only.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404), or it has ended (409).</exception>
    public async Task RefuseIfEndedAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var status = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
            .Select(execution => (RunStatus?)execution.Status).SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        if (status.IsTerminal()) throw Refuse.Conflict(Messages.ExecutionEnded, status.ToWire());
    }

    /// <summary>When a run began, how long the longest of its bags is, and how fast it was to play.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<RunTimes> GetTimesAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var run = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
            .Select(execution => new { execution.CreatedAt, execution.StartedAt, execution.Plan }).SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        var templates = run.Plan.Parts.Select(part => part.TemplateId).Distinct().ToArray();
        var length = await database.Templates.Where(template => templates.Contains(template.Id)).MaxAsync(template => (long?)template.DurationNanoseconds, cancellationToken);
        return new RunTimes(run.StartedAt ?? run.CreatedAt, TimeSpan.FromTicks((length ?? 0) / TimeSpan.NanosecondsPerTick), run.Plan.Parts[0].Playback?.Rate ?? 1);
    }

    /// <summary>Stops a run; stopping a stopped one changes nothing.</summary>
    /// <exception cref="RefusalException">No such run of this simulation (404), it has ended otherwise (409), or no worker is there (503).</exception>
    public async Task<ExecutionStopped> StopAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var status = await GiveAsync(simulationId, executionId, new RunCommand.Stop(), cancellationToken);
        if (status != RunStatus.Stopped) throw Refuse.Conflict(Messages.ExecutionEnded, status.ToWire());
        return new ExecutionStopped(simulationId, executionId, status.ToWire());
    }

    /// <summary>Gives a playback command to a run that goes on.</summary>
    /// <exception cref="RefusalException">No such run of this simulation (404), it has ended or would have to be paused (409), or no worker is there (503).</exception>
    public async Task<PlaybackChanged> CommandAsync(long simulationId, long executionId, RunCommand command, CancellationToken cancellationToken)
    {
        var status = await GiveAsync(simulationId, executionId, command, cancellationToken);
        if (status.IsTerminal()) throw Refuse.Conflict(Messages.ExecutionEnded, status.ToWire());
        return new PlaybackChanged(simulationId, executionId, status.ToWire());
    }

    /// <summary>Adds agents to a part of a run that plays, or removes some.</summary>
    /// <exception cref="RefusalException">
    /// No such run of this simulation or no such part of it (404), it has ended, or the part does not play or cannot get or lose so many (409), or no worker is there (503).
    /// </exception>
    public async Task<PlaybackChanged> ChangeAgentsAsync(long simulationId, long executionId, AgentsRequest request, CancellationToken cancellationToken)
    {
        var plan = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
            .Select(execution => execution.Plan).SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        try
        {
            return await CommandAsync(simulationId, executionId, request.ToCommand(plan), cancellationToken);
        }
        catch (AgentChangeRefusedException refused)
        {
            throw AgentsRequest.RefusalOf(refused.Reason);
        }
    }

    /// <summary>Replaces the faults that are injected into parts of a run.</summary>
    /// <param name="simulationId">The simulation.</param>
    /// <param name="executionId">The run.</param>
    /// <param name="requests">What parts are to have; of several that are meant for one part, the last counts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RefusalException">No such run of this simulation or no such part of it (404), the run or a part that is named has ended (409), or no worker is there (503).</exception>
    public async Task<PlaybackChanged> InjectFaultsAsync(long simulationId, long executionId, IReadOnlyList<FaultsRequest> requests, CancellationToken cancellationToken)
    {
        var run = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
            .Select(execution => new { execution.Plan, execution.Status, Parts = execution.Parts.Select(part => new { part.Number, part.Status }).ToList() }).SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        PartFaults[] faults = [.. requests.Select(request => request.ToPartFaults(run.Plan))];
        if (!run.Status.IsTerminal() && run.Parts.Any(part => part.Status.IsTerminal() && faults.Any(asked => asked.Part == part.Number))) throw Refuse.Conflict(Messages.FaultsPartEnded);
        return await CommandAsync(simulationId, executionId, new RunCommand.InjectFaults(faults), cancellationToken);
    }

    /// <summary>Gives a command to a run unless it has ended, and returns the run's state.</summary>
    private async Task<RunStatus> GiveAsync(long simulationId, long executionId, RunCommand command, CancellationToken cancellationToken)
    {
        while (true)
        {
            var run = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
                .Select(execution => new { execution.Status, execution.CommandEpoch, IsPaused = execution.PausedAt != null }).SingleOrDefaultAsync(cancellationToken)
                ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
            if (run.Status.IsTerminal()) return run.Status;
            if (command is RunCommand.Release && !run.IsPaused) throw Refuse.Conflict(Messages.ExecutionNotPaused);
            worker.RefuseIfAway();
            // Another client's command may be persisted in between; then this one is given anew.
            if (await worker.Execution(executionId).Command(command, run.CommandEpoch) is { } status) return status;
        }
    }

    private async Task<LiveExecution> NeverRunAsync(Simulation simulation, CancellationToken cancellationToken)
    {
        List<LivePart> parts = simulation.PatternType == PatternType.Sequential
            ? [.. (await database.SimulationSteps.AsNoTracking().Where(step => step.SimulationId == simulation.Id).OrderBy(step => step.StepOrder).ToListAsync(cancellationToken)).Select(step => Waiting(step, step.StepOrder))]
            : [.. (await database.SimulationGroups.AsNoTracking().Where(group => group.SimulationId == simulation.Id).OrderBy(group => group.Id).ToListAsync(cancellationToken)).Select(group => Waiting(group, group.Id))];
        return new LiveExecution
        {
            ExecutionId = 0,
            SimulationId = simulation.Id,
            PatternType = simulation.PatternType,
            Status = RunStatus.Pending,
            Message = RunSentences.Store(RunSentences.NotStarted.With()),
            CreatedAt = simulation.CreatedAt,
            LastUpdated = simulation.UpdatedAt,
            OverallProgress = 0,
            MessagesOut = 0,
            Parts = parts,
        };
    }

    private static LivePart Waiting(PatternPart part, long number) => new()
    {
        Number = number,
        Status = RunStatus.Pending,
        Progress = 0,
        AutonomousAgents = part.AutonomousAgentCount,
        CurrentRepeat = 0,
        TotalRepeats = part.RepeatCount,
        MessagesPlanned = 0,
        MessagesOut = 0,
    };
}
