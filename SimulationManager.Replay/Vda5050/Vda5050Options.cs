using System.Buffers;

namespace SimulationManager.Replay.Vda5050;

/// <summary>How one agent appears as a VDA 5050 vehicle.</summary>
public sealed record Vda5050Options
{
    /// <summary>States must come at least as often (chapter 6.10 of 2.1.0, 6.6 of 3.0.0).</summary>
    public static readonly TimeSpan LongestStateInterval = TimeSpan.FromSeconds(30);

    private const double MaxRate = 100;
    private const int MaxName = 128;

    private static readonly SearchValues<char> s_unfitForTopics = SearchValues.Create("/+#$");
    private static readonly SearchValues<char> s_serialNumber =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    /// <summary>The release of the standard.</summary>
    public Vda5050Version Version { get; init; }

    /// <summary>The first level of all topics. What the standard suggests by default: <c>uagv</c> (2.1.0), <c>vda5050</c> (3.0.0).</summary>
    public string InterfaceName
    {
        get => field ?? ProtocolNames.Of(Version).Interface;
        init;
    }

    /// <summary>The manufacturer: a level of the topics and a field of every message.</summary>
    public required string Manufacturer { get; init; }

    /// <summary>The vehicle's number, unique for the manufacturer: <c>A–Z a–z 0–9 _ . : -</c>.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>The map that positions are on. Orders with nodes on other maps are rejected.</summary>
    public string MapId { get; init; } = "map";

    /// <summary>The map's version.</summary>
    public string MapVersion { get; init; } = "1";

    /// <summary>Where the recording's coordinates lie on the map.</summary>
    public MapTransform Transform { get; init; }

    /// <summary>Messages on <c>visualization</c> per second, 0 (none) to 100.</summary>
    public double VisualizationRate { get; init; } = 2;

    /// <summary>The longest time between two states, more than <see cref="MinStateInterval"/>, at most 30 s.</summary>
    public TimeSpan StateInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time between two states, 0 to 5 s: events that come sooner are told by one state together.</summary>
    public TimeSpan MinStateInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Within how many metres of a node its position counts as reached if the order gives no deviation or 0; more than 0, at most 1,000.</summary>
    public double NodeDeviation { get; init; } = 0.5;

    /// <summary>
    /// Whether an order is rejected when the vehicle is not within the deviation of its first node, as the standard asks of robots that
    /// drive by themselves. By default it is accepted: only the recording says when a replayed robot gets there.
    /// </summary>
    public bool StartNodeMustBeInRange { get; init; }

    /// <summary>The charge to report, 0 to 100 %, while the recording gives none.</summary>
    public double DefaultCharge { get; init; } = 100;

    /// <summary>What the factsheet says.</summary>
    public VehicleType Type { get; init; } = new();

    /// <summary>What is wrong with the options, or null.</summary>
    public string? FindProblem() =>
        !Enum.IsDefined(Version) ? "The version must be 2.1.0 or 3.0.0."
        : FindTopicProblem("interface name", InterfaceName) ?? FindTopicProblem("manufacturer", Manufacturer) ?? FindTopicProblem("serial number", SerialNumber)
        ?? (SerialNumber.AsSpan().ContainsAnyExcept(s_serialNumber) ? "The serial number may hold A–Z, a–z, 0–9, '_', '.', ':' and '-' only."
        : !IsName(MapId) || !IsName(MapVersion) ? $"The map's id and version must have 1 to {MaxName} characters."
        : !Transform.IsFinite ? "The transform to the map must consist of finite numbers."
        : VisualizationRate is not (>= 0 and <= MaxRate) ? $"The visualization rate must be 0 to {MaxRate} per second."
        : StateInterval > LongestStateInterval || StateInterval <= MinStateInterval ? "The state interval must be longer than the shortest one and at most 30 s."
        : MinStateInterval < TimeSpan.Zero || MinStateInterval > TimeSpan.FromSeconds(5) ? "The shortest state interval must be 0 to 5 s."
        : NodeDeviation is not (> 0 and <= 1000) ? "The deviation from nodes must be more than 0 and at most 1,000 m."
        : DefaultCharge is not (>= 0 and <= 100) ? "The default charge must be 0 to 100 %."
        : Type.Measures.Any(measure => !double.IsFinite(measure) || measure < 0) ? "Measures of the vehicle type must be 0 or more."
        : !Enum.IsDefined(Type.Kinematics) || !Enum.IsDefined(Type.Class) ? "The vehicle type's kinematics or class is unknown."
        : Type.OrderActions?.Any(action => !IsName(action)) == true ? $"Types of actions must have 1 to {MaxName} characters."
        : null);

    private static string? FindTopicProblem(string what, string level) =>
        !IsName(level) ? $"The {what} must have 1 to {MaxName} characters."
        : level.AsSpan().ContainsAny(s_unfitForTopics) || level.Any(char.IsControl) || level.Any(char.IsSurrogate)
            ? $"The {what} is a level of MQTT topics and must not hold '/', '+', '#', '$' or control characters."
        : null;

    private static bool IsName(string? name) => name is { Length: > 0 and <= MaxName };
}
