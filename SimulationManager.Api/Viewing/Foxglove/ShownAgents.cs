using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>Which agents are shown.</summary>
internal sealed record ShownAgentsQuery
{
    [FromQuery(Name = "agents"), StringLength(1000), Description("Numbers of agents, such as `1-50,77`, or `0` for none; the first 100 when left out.")]
    public string? Agents { get; init; }

    /// <summary>As the viewer takes it.</summary>
    /// <exception cref="RefusalException">It names no numbers (400).</exception>
    public ShownAgents ToShown()
    {
        if (string.IsNullOrWhiteSpace(Agents)) return ShownAgents.First;
        var ranges = Agents.Split(',').Select(RangeOf).ToArray();
        return Array.TrueForAll(ranges, range => range is not null)
            ? new ShownAgents([.. ranges.Select(range => range!.Value)])
            : throw Refuse.Invalid("agents", Messages.AgentNumbersWrong);
    }

    private static (long First, long Last)? RangeOf(string text)
    {
        var ends = text.Split('-');
        if (!long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !long.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return null;
        return ends.Length <= 2 && first <= last ? (first, last) : null;
    }
}

/// <summary>
/// Agents whose topics a client is told of. Each topic of each agent is told with its definition: of thousands of agents that would be hundreds of megabytes.
/// </summary>
/// <param name="Ranges">Numbers, first and last; empty: the first of those that play.</param>
internal sealed record ShownAgents(IReadOnlyList<(long First, long Last)> Ranges)
{
    /// <summary>How many agents are shown at once at most.</summary>
    public const int Most = 100;

    /// <summary>The first of those that play.</summary>
    public static readonly ShownAgents First = new([]);

    /// <summary>Those of a run's agents that are shown, and how many more were asked for.</summary>
    public (IReadOnlyList<FeedAgent> Agents, int LeftOut) Of(FeedCatalog catalog)
    {
        var wanted = Ranges.Count == 0 ? catalog.Agents : [.. catalog.Agents.Where(agent => Ranges.Any(range => agent.Number >= range.First && agent.Number <= range.Last))];
        return ([.. wanted.Take(Most)], Math.Max(0, wanted.Count - Most));
    }
}
