using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Hosting;
using SimulationManager.Api.Live;
using SimulationManager.Core.Data;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Instances;

/// <summary>Agents that people add to simulations by hand.</summary>
public sealed class InstanceService(RobotDbContext database, WorkerConnection worker, EventAnnouncer events, TimeProvider time)
{
    private const string Image = "simulation-manager-worker";

    /// <summary>A start waits for its bundle: a thousand of them one after another would take longer than clients wait.</summary>
    private const int ActionsAtOnce = 16;

    /// <summary>Adds agents; they do not play yet.</summary>
    /// <exception cref="RefusalException">The simulation or the template does not exist (400), or the simulation is being deleted (409).</exception>
    public Task<IReadOnlyList<InstanceCreated>> CreateAsync(InstanceCreateRequest request, CancellationToken cancellationToken) =>
        database.InTransactionAsync<IReadOnlyList<InstanceCreated>>(async token =>
        {
            await RefuseUnknownAsync(request, token);
            var now = time.GetUtcNow();
            var added = Enumerable.Range(1, request.InstanceCount!.Value).Select(_ => new Instance
            {
                Name = request.InstanceName!.Trim(),
                Description = request.InstanceDescription?.Trim() ?? "",
                SimulationId = request.SimulationId!.Value,
                TemplateId = request.TemplateId!.Value,
                CreatedAt = now,
            }).ToList();
            database.Instances.AddRange(added);
            await database.SaveChangesAsync(token);
            return [.. added.Select(instance => new InstanceCreated(
                instance.Id, instance.Name, instance.Description, instance.SimulationId, instance.TemplateId, PodNameOf(instance)))];
        }, cancellationToken);

    /// <summary>A simulation's agents, or all, in the order they were added.</summary>
    public async Task<IReadOnlyList<InstanceListItem>> ListAsync(long? simulationId, CancellationToken cancellationToken)
    {
        var rows = await database.Instances.AsNoTracking()
            .Where(instance => instance.DeletedAt == null && (simulationId == null || instance.SimulationId == simulationId))
            .OrderBy(instance => instance.Id).ToListAsync(cancellationToken);
        return
        [
            .. rows.Select(instance => new InstanceListItem(
                instance.Id, instance.Name, instance.Description, instance.CreatedAt, PodNameOf(instance),
                Simulation.NamespaceOf(instance.SimulationId), RunningStatusOf(instance), RunningStatusOf(instance))),
        ];
    }

    /// <exception cref="RefusalException">There is no such agent (404).</exception>
    public async Task<InstanceDetail> GetAsync(long id, CancellationToken cancellationToken)
    {
        var instance = await database.Instances.AsNoTracking().Include(row => row.Template)
            .SingleOrDefaultAsync(row => row.Id == id && row.DeletedAt == null, cancellationToken)
            ?? throw Refuse.NotFound(Messages.InstanceNotFound, id);
        var label = Simulation.NamespaceOf(instance.SimulationId);
        return new InstanceDetail(
            id, PodNameOf(instance), label, RunningStatusOf(instance), Image, AgeOf(instance), label, instance.Template!.Type, string.Join(',', instance.Template.Topics));
    }

    /// <exception cref="RefusalException">Not found (404), or it plays (409).</exception>
    public async Task<InstanceDeleted> DeleteAsync(long id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var deleted = await database.Instances.Where(row => row.Id == id && row.DeletedAt == null && row.Status != RunStatus.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.DeletedAt, now), cancellationToken);
        if (deleted == 1) return new InstanceDeleted(id);
        throw await database.Instances.AnyAsync(row => row.Id == id && row.DeletedAt == null, cancellationToken)
            ? Refuse.Conflict(Messages.InstanceRunning)
            : Refuse.NotFound(Messages.InstanceNotFound, id);
    }

    /// <summary>Whether each of the agents plays.</summary>
    /// <exception cref="RefusalException">One does not exist (404).</exception>
    public async Task<IReadOnlyList<InstanceRunningStatus>> StatusAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        var rows = await FindAllAsync(ids, cancellationToken);
        return [.. ids.Distinct().Select(id => new InstanceRunningStatus(id, RunningStatusOf(rows[id])))];
    }

    /// <summary>Starts or stops agents; those that are so already stay as they are, but follow no command any more that was given before.</summary>
    /// <exception cref="RefusalException">One does not exist (404), its simulation is being deleted (409), or no worker is there (503).</exception>
    public async Task<InstanceActionDone> ActAsync(InstanceActionRequest request, CancellationToken cancellationToken)
    {
        var rows = (await FindAllAsync(request.InstanceIds!, cancellationToken)).Values.ToList();
        var starts = request.Action == InstanceActionRequest.Start;
        if (starts) await StartAsync(rows, cancellationToken);
        else await StopAsync(rows, cancellationToken);
        var status = starts ? RunStatus.Running : RunStatus.Stopped;
        var changed = rows.Where(row => (row.Status == RunStatus.Running) != starts);
        await events.AnnounceAsync(changed.Select(row => LiveEvents.OfManualInstance(row.SimulationId, row.Id, status, null, time.GetUtcNow())));
        return new InstanceActionDone(starts ? "START" : "STOP");
    }

    /// <summary>Ends and removes all agents of a simulation that is being deleted.</summary>
    public async Task RemoveAllAsync(long simulationId, CancellationToken cancellationToken)
    {
        var playing = await database.Instances.AsNoTracking()
            .Where(row => row.SimulationId == simulationId && row.DeletedAt == null && row.Status == RunStatus.Running)
            .ToListAsync(cancellationToken);
        await GiveAsync(playing, (instance, seen) => instance.Stop(seen), cancellationToken);
        var now = time.GetUtcNow();
        await database.Instances.Where(row => row.SimulationId == simulationId && row.DeletedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.DeletedAt, now), cancellationToken);
    }

    private async Task StartAsync(List<Instance> rows, CancellationToken cancellationToken)
    {
        await RefuseDeletingAsync(rows.ConvertAll(row => row.Id), cancellationToken);
        worker.RefuseIfAway();
        await GiveAsync(rows, (instance, seen) => instance.Start(seen), cancellationToken);
    }

    private async Task StopAsync(List<Instance> rows, CancellationToken cancellationToken)
    {
        var playing = rows.FindAll(row => row.Status == RunStatus.Running);
        if (playing.Count > 0) worker.RefuseIfAway();
        await GiveAsync(playing, (instance, seen) => instance.Stop(seen), cancellationToken);
        // A start that was given before must not begin one that did not play, or that has ended by itself meanwhile.
        var ids = rows.ConvertAll(row => row.Id);
        await database.Instances.Where(row => ids.Contains(row.Id) && row.Status != RunStatus.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.CommandEpoch, row => row.CommandEpoch + 1), cancellationToken);
    }

    /// <summary>Gives each agent a command; anew when another client's was persisted since the rows were read.</summary>
    private async Task GiveAsync(List<Instance> rows, Func<IManualInstanceGrain, long, Task<bool>> give, CancellationToken cancellationToken)
    {
        while (rows.Count > 0)
        {
            var refused = new ConcurrentBag<long>();
            await Parallel.ForEachAsync(
                rows,
                new ParallelOptions { MaxDegreeOfParallelism = ActionsAtOnce, CancellationToken = cancellationToken },
                async (row, token) =>
                {
                    if (!await give(worker.ManualInstance(row.Id), row.CommandEpoch).WaitAsync(token)) refused.Add(row.Id);
                });
            rows = await database.Instances.AsNoTracking().Where(row => refused.Contains(row.Id)).ToListAsync(cancellationToken);
        }
    }

    private async Task RefuseDeletingAsync(List<long> ids, CancellationToken cancellationToken)
    {
        if (await database.Instances.AnyAsync(row => ids.Contains(row.Id) && row.Simulation!.Status == SimulationStatus.Deleting, cancellationToken))
            throw Refuse.Conflict(Messages.SimulationDeleting);
    }

    private async Task RefuseUnknownAsync(InstanceCreateRequest request, CancellationToken cancellationToken)
    {
        var simulation = await database.Simulations
            .FromSql($"SELECT * FROM simulations WHERE id = {request.SimulationId!.Value} AND deleted_at IS NULL FOR SHARE")
            .AsNoTracking().SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.Invalid("simulationId", Messages.SimulationNotFound, request.SimulationId.Value);
        if (simulation.Status == SimulationStatus.Deleting) throw Refuse.Conflict(Messages.SimulationDeleting);
        if (!await database.Templates.AnyAsync(template => template.Id == request.TemplateId && template.DeletedAt == null, cancellationToken))
            throw Refuse.Invalid("templateId", Messages.TemplateNotFound, request.TemplateId!.Value);
    }

    private async Task<Dictionary<long, Instance>> FindAllAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        var rows = await database.Instances.AsNoTracking().Where(row => ids.Contains(row.Id) && row.DeletedAt == null)
            .ToDictionaryAsync(row => row.Id, cancellationToken);
        foreach (var id in ids)
        {
            if (!rows.ContainsKey(id)) throw Refuse.NotFound(Messages.InstanceNotFound, id);
        }

        return rows;
    }

    private string AgeOf(Instance instance)
    {
        var age = time.GetUtcNow() - instance.CreatedAt;
        return age switch
        {
            { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Days}d{age.Hours}h"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Hours}h{age.Minutes}m"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m{age.Seconds}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, age.Seconds)}s"),
        };
    }

    private static string RunningStatusOf(Instance instance) => instance.Status switch
    {
        RunStatus.Running => "Running",
        RunStatus.Failed => instance.Error ?? "Failed",
        _ => "Stopped",
    };

    private static string PodNameOf(Instance instance) => Instance.PodNameOf(instance.SimulationId, instance.Id);
}
