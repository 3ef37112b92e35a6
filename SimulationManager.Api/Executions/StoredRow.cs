using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Executions;

/// <summary>
/// A run with one of its parts. EF Core reads such rows faster than runs that hold their parts: for nested collections it makes
/// delegates anew with every query.
/// </summary>
internal sealed record StoredRow
{
    public required LiveExecution Run { get; init; }
    public required LivePart Part { get; init; }

    /// <summary>The runs of rows in which a run's parts follow one another.</summary>
    public static List<LiveExecution> Join(IEnumerable<StoredRow> rows)
    {
        List<LiveExecution> runs = [];
        List<LivePart> parts = [];
        foreach (var row in rows)
        {
            if (runs.Count == 0 || runs[^1].ExecutionId != row.Run.ExecutionId) runs.Add(row.Run with { Parts = parts = [] });
            parts.Add(row.Part);
        }
        return runs;
    }
}
