using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Reads pages of the list of all simulations, the newest first, from the end of the list that is nearer.</summary>
internal static class SimulationPages
{
    /// <summary>Rows between a page and the nearer end of the list from which on it is a far one.</summary>
    private const int FarOffset = 500;

    /// <summary>A row of the list.</summary>
    public static readonly Expression<Func<Simulation, SimulationListItem>> Item = simulation => new SimulationListItem(
        simulation.Id,
        simulation.Name,
        simulation.PatternType.ToWire(),
        simulation.Status.ToWire(),
        simulation.LatestExecutionStatus.ToWire(),
        simulation.MecId,
        simulation.CreatedAt,
        simulation.UpdatedAt);

    private static readonly Func<RobotDbContext, int, int, IAsyncEnumerable<SimulationListItem>> s_page = EF.CompileAsyncQuery(
        (RobotDbContext database, int offset, int size) => database.Simulations
            .Where(simulation => simulation.DeletedAt == null)
            .OrderByDescending(simulation => simulation.CreatedAt).ThenByDescending(simulation => simulation.Id)
            .Skip(offset).Take(size)
            .Select(Item));

    // Rows that are only counted are counted in the index: they are not read, let alone sorted. Near the front that costs more than it saves.
    private static readonly Func<RobotDbContext, int, int, IAsyncEnumerable<SimulationListItem>> s_farPage = EF.CompileAsyncQuery(
        (RobotDbContext database, int offset, int size) => database.Simulations
            .Where(simulation => database.Simulations
                .Where(other => other.DeletedAt == null)
                .OrderByDescending(other => other.CreatedAt).ThenByDescending(other => other.Id)
                .Skip(offset).Take(size)
                .Select(other => other.Id).Contains(simulation.Id))
            .OrderByDescending(simulation => simulation.CreatedAt).ThenByDescending(simulation => simulation.Id)
            .Select(Item));

    private static readonly Func<RobotDbContext, int, int, IAsyncEnumerable<SimulationListItem>> s_pageFromEnd = EF.CompileAsyncQuery(
        (RobotDbContext database, int offset, int size) => database.Simulations
            .Where(simulation => simulation.DeletedAt == null)
            .OrderBy(simulation => simulation.CreatedAt).ThenBy(simulation => simulation.Id)
            .Skip(offset).Take(size)
            .Select(Item));

    /// <summary>Whether a page lies so far behind that how many there are decides how it is read.</summary>
    public static bool IsFar(PageRequest page) => page.Offset >= FarOffset;

    /// <summary>A page of a list of <paramref name="total"/>; a far one is another one if there are more or fewer.</summary>
    public static async Task<List<SimulationListItem>> ReadAsync(RobotDbContext database, PageRequest page, long total)
    {
        if (!IsFar(page)) return await s_page(database, (int)page.Offset, page.Size).ToListAsync();
        if (page.Offset >= total) return [];
        var size = Math.Min(page.Size, total - page.Offset);
        var behind = total - page.Offset - size;
        if (behind >= FarOffset) return await s_farPage(database, (int)page.Offset, page.Size).ToListAsync();
        var items = await s_pageFromEnd(database, (int)behind, (int)size).ToListAsync();
        items.Reverse();
        return items;
    }
}
