using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Api.Mec;

/// <summary>Keeps the register of edge sites.</summary>
public sealed class MecService(RobotDbContext database, WorkerConnection worker, TimeProvider time)
{
    public async Task<IReadOnlyList<MecView>> ListAsync(CancellationToken cancellationToken) =>
        await database.MecSites.AsNoTracking().OrderBy(site => site.Id)
            .Select(site => new MecView(site.Id, site.Name, site.Description, site.Endpoint)).ToListAsync(cancellationToken);

    /// <exception cref="RefusalException">The name is taken (409).</exception>
    public async Task<MecView> CreateAsync(MecCreateRequest request, CancellationToken cancellationToken)
    {
        var site = new MecSite
        {
            Name = request.Name!.Trim(),
            Description = request.Description?.Trim() ?? "",
            Endpoint = request.Endpoint?.Trim() ?? "",
            CreatedAt = time.GetUtcNow(),
        };
        database.MecSites.Add(site);
        await database.SaveChangesAsync(cancellationToken);
        return ViewOf(site);
    }

    /// <exception cref="RefusalException">Not found (404) or the name is taken (409).</exception>
    public async Task<MecView> ChangeAsync(long id, MecChangeRequest request, CancellationToken cancellationToken)
    {
        var site = await database.MecSites.SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw Refuse.NotFound(Messages.MecNotFound, id);
        site.Name = request.Name?.Trim() ?? site.Name;
        site.Description = request.Description?.Trim() ?? site.Description;
        site.Endpoint = request.Endpoint?.Trim() ?? site.Endpoint;
        await database.SaveChangesAsync(cancellationToken);
        return ViewOf(site);
    }

    /// <exception cref="RefusalException">Not found (404).</exception>
    public async Task<MecDeleted> DeleteAsync(long id, CancellationToken cancellationToken) =>
        await database.MecSites.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken) == 1
            ? new MecDeleted(id)
            : throw Refuse.NotFound(Messages.MecNotFound, id);

    /// <summary>Lets a worker try the endpoints: it is the one that will publish, with its own network and credentials.</summary>
    /// <exception cref="RefusalException">Not found (404), it names no endpoint (409), or no worker is there (503).</exception>
    public async Task<MecCheck> CheckAsync(long id, CancellationToken cancellationToken)
    {
        var endpoint = await database.MecSites.Where(row => row.Id == id).Select(row => row.Endpoint).SingleOrDefaultAsync(cancellationToken) ?? throw Refuse.NotFound(Messages.MecNotFound, id);
        if (!OutputEndpoint.TryParseList(endpoint, out var endpoints, out _) || endpoints.Count == 0) throw Refuse.Conflict(Messages.MecWithoutEndpoint);
        worker.RefuseIfAway();
        var checks = await worker.EndpointChecker().Check(endpoint).WaitAsync(cancellationToken);
        return new MecCheck(checks.All(check => check.Error is null), checks);
    }

    private static MecView ViewOf(MecSite site) => new(site.Id, site.Name, site.Description, site.Endpoint);
}
