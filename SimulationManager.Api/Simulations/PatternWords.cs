using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Enumerations as they are spelled on the wire.</summary>
public static class PatternWords
{
    public const string Sequential = "sequential";
    public const string Parallel = "parallel";

    public static IReadOnlyDictionary<string, PatternType> ByWord { get; } = new Dictionary<string, PatternType>(StringComparer.OrdinalIgnoreCase)
    {
        [Sequential] = PatternType.Sequential,
        [Parallel] = PatternType.Parallel,
    };

    public static IReadOnlyDictionary<string, SimulationStatus> StatusByWord { get; } =
        Enum.GetValues<SimulationStatus>().ToDictionary(status => status.ToWire(), StringComparer.OrdinalIgnoreCase);

    public static IReadOnlyDictionary<string, RunStatus> RunStatusByWord { get; } =
        Enum.GetValues<RunStatus>().ToDictionary(status => status.ToWire(), StringComparer.OrdinalIgnoreCase);

    public static string ToWire(this PatternType type) => type == PatternType.Sequential ? Sequential : Parallel;

    public static string ToWire(this SimulationStatus status) => status switch
    {
        SimulationStatus.Initiating => "INITIATING",
        SimulationStatus.Pending => "PENDING",
        SimulationStatus.Running => "RUNNING",
        SimulationStatus.Deleting => "DELETING",
        _ => "DELETED",
    };

    public static string ToWire(this RunStatus status) => status switch
    {
        RunStatus.Pending => "PENDING",
        RunStatus.Running => "RUNNING",
        RunStatus.Completed => "COMPLETED",
        RunStatus.Failed => "FAILED",
        _ => "STOPPED",
    };

    public static string ToWire(this DeletionStatus status) => status switch
    {
        DeletionStatus.Pending => "PENDING",
        DeletionStatus.Running => "RUNNING",
        DeletionStatus.Completed => "COMPLETED",
        _ => "FAILED",
    };
}
