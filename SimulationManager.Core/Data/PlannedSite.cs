using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

/// <summary>Where agents publish whose simulation names an edge site.</summary>
/// <param name="Endpoint">The site's addresses; null: it is not registered.</param>
/// <param name="IsKnown">Whether agents publish where they were meant to; a simulation that names no site means nowhere.</param>
public sealed record PlannedSite(string? Endpoint, bool IsKnown)
{
    /// <summary>The site with a name.</summary>
    /// <param name="database">The register.</param>
    /// <param name="name">What the simulation says; may be empty.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PlannedSite> FindAsync(RobotDbContext database, string name, CancellationToken cancellationToken)
    {
        var endpoint = name.Length == 0 ? null : await database.MecSites.Where(site => site.Name == name).Select(site => site.Endpoint).SingleOrDefaultAsync(cancellationToken);
        return new PlannedSite(endpoint, name.Length == 0 || !string.IsNullOrEmpty(endpoint));
    }

    /// <summary>Where is listened: at an entry's own address, or at each of the site's; without any, the entry says so as it is.</summary>
    public IEnumerable<ListenOptions> ListenAt(ListenOptions entry) => entry.Endpoint is null && !string.IsNullOrWhiteSpace(Endpoint)
        ? Endpoint.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(address => entry with { Endpoint = address })
        : [entry];

    /// <summary>Where the agents of a step or group publish; its own addresses come before the site's.</summary>
    public PlannedOutput OutputOf(long simulation, OutputOptions? options) => new()
    {
        Simulation = $"{simulation}",
        Endpoints = options?.Endpoints ?? (string.IsNullOrEmpty(Endpoint) ? [] : [Endpoint]),
        Options = options is null ? null : options with { Endpoints = null },
    };
}
