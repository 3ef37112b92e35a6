using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Live;
using SimulationManager.Api.Simulations;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Executions;

/// <summary>Starts runs: the plan is frozen and written in one transaction, then a worker takes it up.</summary>
public sealed partial class ExecutionStarter(
    RobotDbContext database, WorkerConnection worker, LiveExecutionStore live, EventAnnouncer events, TimeProvider time, ILogger<ExecutionStarter> logger)
{
    /// <summary>Starts a run of a simulation.</summary>
    /// <exception cref="RefusalException">
    /// No such simulation (404), it runs already or is being deleted (409), or no worker is there to run it (503; nothing was written).
    /// </exception>
    public async Task<SimulationStarted> StartAsync(long simulationId, CancellationToken cancellationToken)
    {
        using var activity = ApiTelemetry.Activities.StartActivity("start execution");
        activity?.SetTag("simulation.id", simulationId);
        await RefuseUnknownAsync(simulationId, cancellationToken);
        worker.RefuseIfAway();
        var execution = await database.InTransactionAsync(token => WriteAsync(simulationId, token), cancellationToken);
        activity?.SetTag("execution.id", execution.Id);
        ApiTelemetry.CountStart();
        await AnnounceAsync(execution);
        await HandOverAsync(execution.Id);
        return new SimulationStarted(
            simulationId, execution.Id, execution.Status.ToWire(), execution.PatternType.ToWire(), execution.StartedAt!.Value);
    }

    private async Task RefuseUnknownAsync(long id, CancellationToken cancellationToken)
    {
        if (!await database.Simulations.AnyAsync(simulation => simulation.Id == id && simulation.DeletedAt == null, cancellationToken))
            throw Refuse.NotFound(Messages.SimulationNotFound, id);
    }

    private async Task<Execution> WriteAsync(long simulationId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // The row lock that this update takes is what makes of two starts at once one start and one 409.
        var claimed = await database.Simulations
            .Where(simulation => simulation.Id == simulationId && simulation.Status == SimulationStatus.Pending && simulation.DeletedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(simulation => simulation.Status, SimulationStatus.Running).SetProperty(simulation => simulation.UpdatedAt, now),
                cancellationToken);
        if (claimed == 0) throw await WhyNotAsync(simulationId, cancellationToken);
        var simulation = await database.Simulations
            .Include(row => row.Steps).Include(row => row.Groups)
            // One of the two is empty: their rows do not multiply.
            .AsSingleQuery()
            .SingleAsync(row => row.Id == simulationId, cancellationToken);
        var plan = Freeze(simulation, await LockTemplatesAsync(simulation, cancellationToken), await PlannedSite.FindAsync(database, simulation.MecId, cancellationToken));
        if (plan.Record is { Per: RecordScope.Agent } && plan.TotalAgents() > RecordOptions.MaxAgents)
            throw Refuse.Conflict(Messages.RecordAgentsInPlan, RecordOptions.MaxAgents, plan.TotalAgents());
        // The locks may have taken a while: a worker starts a run that nobody seems to start.
        var execution = NewExecution(simulation, plan, time.GetUtcNow());
        database.Executions.Add(execution);
        await database.SaveChangesAsync(cancellationToken);
        simulation.LatestExecutionId = execution.Id;
        simulation.LatestExecutionStatus = RunStatus.Running;
        await database.SaveChangesAsync(cancellationToken);
        return execution;
    }

    private async Task<RefusalException> WhyNotAsync(long simulationId, CancellationToken cancellationToken)
    {
        var status = await database.Simulations.Where(simulation => simulation.Id == simulationId)
            .Select(simulation => (SimulationStatus?)simulation.Status).SingleOrDefaultAsync(cancellationToken);
        return status switch
        {
            null or SimulationStatus.Deleted => Refuse.NotFound(Messages.SimulationNotFound, simulationId),
            SimulationStatus.Running => Refuse.Conflict(Messages.SimulationRunning),
            SimulationStatus.Deleting => Refuse.Conflict(Messages.SimulationDeleting),
            _ => Refuse.Conflict(Messages.SimulationNotReady),
        };
    }

    /// <summary>Locked until the run is written: a template cannot be deleted, nor its files replaced, in between.</summary>
    private async Task<Dictionary<long, Template>> LockTemplatesAsync(Simulation simulation, CancellationToken cancellationToken)
    {
        long[] ids = [.. simulation.Steps.Concat<PatternPart>(simulation.Groups).Select(part => part.TemplateId).Distinct()];
        var templates = await database.Templates
            .FromSql($"SELECT * FROM templates WHERE id = ANY({ids}) ORDER BY id FOR SHARE")
            .ToDictionaryAsync(template => template.Id, cancellationToken);
        if (templates.Values.FirstOrDefault(template => template.DeletedAt is not null) is { } deleted)
            throw Refuse.Conflict(Messages.TemplateDeletedInPlan, deleted.Name);
        return templates;
    }

    private static ExecutionPlan Freeze(Simulation simulation, Dictionary<long, Template> templates, PlannedSite site) => new()
    {
        UnknownSite = site.IsKnown || simulation.Steps.Concat<PatternPart>(simulation.Groups).All(part => part.Output?.Endpoints is not null) ? null : simulation.MecId,
        PatternType = simulation.PatternType,
        Listen = [.. simulation.Listen.SelectMany(site.ListenAt)],
        Record = simulation.Record,
        Parts = simulation.PatternType == PatternType.Sequential
            ? [.. simulation.Steps.OrderBy(step => step.StepOrder).Select(step => Freeze(step, step.StepOrder, step.DelayAfterCompletion, templates[step.TemplateId], site))]
            : [.. simulation.Groups.OrderBy(group => group.Id).Select(group => Freeze(group, group.Id, 0, templates[group.TemplateId], site))],
    };

    private static PlannedPart Freeze(PatternPart part, long number, int delay, Template template, PlannedSite site) => new()
    {
        Number = number,
        TemplateId = template.Id,
        TemplateName = template.Name,
        TemplateType = template.Type,
        AutonomousAgentCount = part.AutonomousAgentCount,
        RepeatCount = part.RepeatCount,
        ExecutionTime = part.ExecutionTime,
        DelayAfterCompletion = delay,
        Playback = part.Playback,
        Output = site.OutputOf(part.SimulationId, part.Output),
        Fleet = part.Fleet,
        GroupName = (part as SimulationGroup)?.GroupName,
        AssignedArea = (part as SimulationGroup)?.AssignedArea,
        Files = [.. template.Files.Select(PlannedFile.Of)],
        Topics = [.. template.Topics],
    };

    private static Execution NewExecution(Simulation simulation, ExecutionPlan plan, DateTimeOffset now) => new()
    {
        SimulationId = simulation.Id,
        PatternType = simulation.PatternType,
        Status = RunStatus.Running,
        Plan = plan,
        Message = RunSentences.Store(RunSentences.Started.With()),
        CreatedAt = now,
        LastUpdated = now,
        StartedAt = now,
        TraceParent = Activity.Current?.Id,
        Parts =
        [
            .. plan.Parts.Select(part => new ExecutionPart
            {
                Number = part.Number,
                Status = RunStatus.Pending,
                AutonomousAgents = part.AutonomousAgentCount,
                TotalRepeats = part.RepeatCount,
            }),
        ],
    };

    /// <summary>From now on the latest run of the simulation is this one, also for those who read Redis only.</summary>
    private async Task AnnounceAsync(Execution execution)
    {
        var state = ExecutionStates.FromRow(execution);
        try
        {
            await live.WriteAsync(state);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNotAnnounced(logger, exception, execution.Id);
            // The worker does it when Redis is back.
            return;
        }

        await events.AnnounceAsync(LiveEvents.Between(null, state));
    }

    /// <summary>The run is written: should the call be lost, a worker finds it by itself.</summary>
    private async Task HandOverAsync(long executionId)
    {
        try
        {
            await worker.Execution(executionId).Start();
        }
        catch (Exception exception) when (WorkerConnection.IsWorkerFailure(exception))
        {
            LogNotHandedOver(logger, exception, executionId);
        }
    }

    [LoggerMessage(511, LogLevel.Warning, "Execution {ExecutionId} was not announced in Redis")]
    private static partial void LogNotAnnounced(ILogger logger, Exception exception, long executionId);

    [LoggerMessage(512, LogLevel.Warning, "Execution {ExecutionId} was written, but the worker did not answer: it will find it by itself")]
    private static partial void LogNotHandedOver(ILogger logger, Exception exception, long executionId);
}
