using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Mec;

/// <summary>Keeps the register of edge sites.</summary>
public sealed class MecService(RobotDbContext database, TimeProvider time)
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

    private static MecView ViewOf(MecSite site) => new(site.Id, site.Name, site.Description, site.Endpoint);
}
