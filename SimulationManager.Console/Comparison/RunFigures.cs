using SimulationManager.Console.Api;

namespace SimulationManager.Console.Comparison;

/// <summary>What is compared of a run, or of one step or group; null: not known, or without a meaning.</summary>
public sealed record RunFigures
{
    public double? Duration { get; init; }
    public double? PausedSeconds { get; init; }
    public double Agents { get; init; }

    /// <summary>Null where agents play over and over: nothing says then how many messages there will be.</summary>
    public double? MessagesPlanned { get; init; }

    public double MessagesOut { get; init; }

    /// <summary>Left out because they were too late.</summary>
    public double MessagesDropped { get; init; }

    public LatenessSummary? Lateness { get; init; }
    public double Gaps { get; init; }

    /// <summary>Seconds for which agents stood still, each for itself.</summary>
    public double GapSeconds { get; init; }

    public double Resent { get; init; }
    public double Reconnects { get; init; }

    /// <summary>Messages that faults have met, by kind.</summary>
    public IReadOnlyDictionary<string, double> Faults { get; init; } = new Dictionary<string, double>();

    /// <summary>Messages that were not published, by reason.</summary>
    public IReadOnlyDictionary<string, double> Lost { get; init; } = new Dictionary<string, double>();

    /// <param name="report">The whole run.</param>
    /// <param name="loops">Whether a part of it plays over and over.</param>
    public static RunFigures Of(ExecutionReport report, bool loops) => Of(report.Parts) with
    {
        Duration = report.Duration,
        MessagesPlanned = loops ? null : report.MessagesPlanned,
        MessagesOut = report.MessagesOut,
        MessagesDropped = report.MessagesDropped,
        Lateness = report.Lateness,
    };

    /// <param name="part">A step or group.</param>
    /// <param name="loops">Whether it plays over and over.</param>
    public static RunFigures Of(PartReport part, bool loops) => Of([part]) with
    {
        Duration = part.Duration,
        MessagesPlanned = loops ? null : part.MessagesPlanned,
        MessagesOut = part.MessagesOut,
        MessagesDropped = part.MessagesDropped,
        Lateness = part.Lateness,
    };

    private static RunFigures Of(IReadOnlyList<PartReport> parts)
    {
        var endpoints = parts.SelectMany(part => part.Endpoints).ToArray();
        var gaps = parts.SelectMany(part => part.Gaps).ToArray();
        return new RunFigures
        {
            PausedSeconds = parts.Sum(part => part.PausedSeconds),
            Agents = parts.Sum(part => (double)part.AutonomousAgents),
            Gaps = gaps.Length,
            GapSeconds = gaps.Sum(gap => gap.Agents * (gap.To - gap.From).TotalSeconds),
            Resent = endpoints.Sum(endpoint => (double)endpoint.Resent),
            Reconnects = endpoints.Sum(endpoint => (double)endpoint.Reconnects),
            Faults = Sum(parts.SelectMany(part => part.Faults)),
            Lost = Sum(endpoints.SelectMany(endpoint => endpoint.Lost)),
        };
    }

    private static Dictionary<string, double> Sum(IEnumerable<KeyValuePair<string, long>> counts) =>
        counts.GroupBy(count => count.Key, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Sum(count => (double)count.Value), StringComparer.Ordinal);
}
