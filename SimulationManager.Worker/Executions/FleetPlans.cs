using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>Turns what a plan says of a fleet into what the engine plays, and what the engine counts into what a report says.</summary>
internal static class FleetPlans
{
    /// <summary>How the agents of a part differ. Also where its plan does not say so: what is drawn of faults that are injected follows from it.</summary>
    public static FleetPlan Of(CohortAssignment assignment)
    {
        var options = assignment.Part.Fleet ?? new FleetOptions();
        return new FleetPlan
        {
            Seed = options.Seed,
            FirstAgent = assignment.FirstAgent,
            Agents = Math.Max(1, assignment.Part.AutonomousAgentCount),
            Ramp = TimeSpan.FromSeconds(options.Ramp?.Seconds ?? 0),
            RampSteps = options.Ramp?.Steps,
            Stagger = options.Stagger is null ? null : options.Stagger.Within is { } within ? TimeSpan.FromSeconds(within) : TimeSpan.MaxValue,
            Jitter = TimeSpan.FromMilliseconds(options.Jitter),
            Faults = [.. options.Faults.Select(FaultOf)],
        };
    }

    /// <summary>What is injected, as the engine has it.</summary>
    public static FaultInjection[] InjectionsOf(InjectedFaults? injected) =>
        Array.ConvertAll(injected?.Faults ?? [], fault => new FaultInjection(FaultOf(fault.Fault), fault.Place, fault.Epoch));

    /// <summary>Counts by the words of the API; those of nothing are left out.</summary>
    public static Dictionary<string, long> ReportOf(FaultCounts counts) =>
        counts.ToArray().Index().Where(count => count.Item > 0).ToDictionary(count => WordOf((FleetFaultKind)count.Index), count => count.Item);

    private static FleetFault FaultOf(FaultOptions options) => new()
    {
        Kind = options.Kind switch
        {
            FaultKind.Drop => FleetFaultKind.Drop,
            FaultKind.Delay => FleetFaultKind.Delay,
            FaultKind.Duplicate => FleetFaultKind.Duplicate,
            FaultKind.Reorder => FleetFaultKind.Reorder,
            FaultKind.Freeze => FleetFaultKind.Freeze,
            _ => FleetFaultKind.Disconnect,
        },
        Share = options.Share,
        First = options.First ?? 1,
        Last = options.Last ?? int.MaxValue,
        Topics = options.Topics?.ToHashSet(StringComparer.Ordinal),
        Rate = options.Rate ?? 0,
        Delay = TimeSpan.FromSeconds(options.Delay ?? 0),
        At = TimeSpan.FromSeconds(options.At),
        For = TimeSpan.FromSeconds(options.For ?? 0),
        Every = options.Every is { } every ? TimeSpan.FromSeconds(every) : null,
    };

    private static string WordOf(FleetFaultKind kind) => kind switch
    {
        FleetFaultKind.Drop => FaultWords.Drop,
        FleetFaultKind.Delay => FaultWords.Delay,
        FleetFaultKind.Duplicate => FaultWords.Duplicate,
        FleetFaultKind.Reorder => FaultWords.Reorder,
        FleetFaultKind.Freeze => FaultWords.Freeze,
        _ => FaultWords.Disconnect,
    };
}
