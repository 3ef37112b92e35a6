using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Creates and reads simulations.</summary>
public sealed class SimulationService(RobotDbContext database, SimulationReads reads, TimeProvider time)
{
    // Compiled: what EF Core does anew with every expression took more time than PostgreSQL and the rest of the request.
    private static readonly Func<RobotDbContext, long, CancellationToken, Task<SimulationWithPlan?>> s_withPlan = EF.CompileAsyncQuery(
        (RobotDbContext database, long id, CancellationToken _) => database.Simulations
            .Where(simulation => simulation.Id == id && simulation.DeletedAt == null)
            .SelectMany(
                simulation => database.Executions.Where(execution => execution.Id == simulation.LatestExecutionId).DefaultIfEmpty(),
                (simulation, execution) => new SimulationWithPlan
                {
                    Id = simulation.Id,
                    Name = simulation.Name,
                    Description = simulation.Description,
                    PatternType = simulation.PatternType,
                    Status = simulation.Status,
                    MecId = simulation.MecId,
                    CreatedAt = simulation.CreatedAt,
                    UpdatedAt = simulation.UpdatedAt,
                    Steps = simulation.Steps.AsQueryable().OrderBy(step => step.StepOrder).Select(SimulationViews.StepOf).ToList(),
                    Groups = simulation.Groups.AsQueryable().OrderBy(group => group.Id).Select(SimulationViews.GroupOf).ToList(),
                    Listen = simulation.Listen,
                    Record = simulation.Record,
                    LatestRun = execution == null
                        ? null
                        : new LatestRun(execution.Id, execution.Status, execution.CreatedAt, execution.LastUpdated, execution.StartedAt, execution.EndedAt, execution.OverallProgress),
                })
            // One of the two collections is always empty: together they bring no more rows than one.
            .AsSingleQuery()
            .SingleOrDefault());

    /// <summary>Writes a simulation with its whole plan, or nothing.</summary>
    /// <exception cref="RefusalException">A template does not exist (400) or the name is taken (409).</exception>
    public async Task<Simulation> CreateAsync(SimulationCreateRequest request, CancellationToken cancellationToken)
    {
        var name = request.SimulationName!.Trim();
        if (await database.Simulations.AnyAsync(simulation => simulation.Name == name && simulation.DeletedAt == null, cancellationToken))
            throw Refuse.Conflict(Messages.SimulationNameTaken);
        await RefuseUnknownTemplatesAsync(request, cancellationToken);
        var now = time.GetUtcNow();
        var simulation = new Simulation
        {
            Name = name,
            Description = request.SimulationDescription?.Trim() ?? "",
            PatternType = request.Kind,
            Status = SimulationStatus.Pending,
            MecId = request.MecId?.Trim() ?? "",
            Steps = [.. (request.Pattern!.Steps ?? []).Select(PatternParts.Step)],
            Groups = [.. (request.Pattern.Groups ?? []).Select(PatternParts.Group)],
            Listen = [.. (request.Listen ?? []).Select(entry => entry.ToOptions())],
            Record = request.Record?.ToOptions(),
            CreatedAt = now,
            UpdatedAt = now,
        };
        database.Simulations.Add(simulation);
        await database.SaveChangesAsync(cancellationToken);
        return simulation;
    }

    /// <summary>A page of the simulations that the filter lets through, the newest first, and the counts of all.</summary>
    public async Task<SimulationPage> ListAsync(SimulationFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        if (filter.IsOpen) return await reads.GetPageAsync(page, cancellationToken);
        // Has a connection of its own: it counts while the page is read.
        var counting = reads.GetOverviewAsync(cancellationToken);
        var matching = filter.Apply(database.Simulations.AsNoTracking());
        var total = await matching.LongCountAsync(cancellationToken);
        var items = page.Offset < total ? await ReadPageAsync(matching, page, cancellationToken) : [];
        return new SimulationPage(await counting, items, Pagination.Of(page, total));
    }

    /// <summary>A simulation with its steps or groups and its last run's row, in one query.</summary>
    /// <exception cref="RefusalException">There is no such simulation (404).</exception>
    public async Task<SimulationWithPlan> FindWithPlanAsync(long id, CancellationToken cancellationToken) =>
        await s_withPlan(database, id, cancellationToken) ?? throw Refuse.NotFound(Messages.SimulationNotFound, id);

    private static Task<List<SimulationListItem>> ReadPageAsync(
        IQueryable<Simulation> matching, PageRequest page, CancellationToken cancellationToken) =>
        matching
            .OrderByDescending(simulation => simulation.CreatedAt).ThenByDescending(simulation => simulation.Id)
            .Skip((int)page.Offset).Take(page.Size)
            .Select(SimulationPages.Item)
            .ToListAsync(cancellationToken);

    private async Task RefuseUnknownTemplatesAsync(SimulationCreateRequest request, CancellationToken cancellationToken)
    {
        PartRequest[] parts = [.. request.Pattern!.Steps ?? [], .. request.Pattern.Groups ?? []];
        var list = request.Kind == PatternType.Sequential ? "steps" : "groups";
        var wanted = parts.Select(part => part.TemplateId!.Value).Distinct().ToArray();
        var known = await database.Templates
            .Where(template => wanted.Contains(template.Id) && template.DeletedAt == null)
            .Select(template => template.Id)
            .ToListAsync(cancellationToken);
        FieldProblem[] problems =
        [
            .. parts.Index()
                .Where(entry => !known.Contains(entry.Item.TemplateId!.Value))
                .Select(entry => new FieldProblem($"pattern.{list}[{entry.Index}].templateId", Messages.TemplateNotFound, entry.Item.TemplateId!.Value)),
        ];
        if (problems.Length > 0) throw Refuse.Invalid(problems);
    }
}
