namespace SimulationManager.Console.Api;

/// <summary>A plan as the API shows it.</summary>
public sealed record ExecutionPlan(IReadOnlyList<PlanPart>? Steps, IReadOnlyList<PlanPart>? Groups, IReadOnlyList<ListenSettings>? Listen, RecordSettings? Record)
{
    /// <summary>Its steps or its groups.</summary>
    public IReadOnlyList<PlanPart> Parts => Steps ?? Groups ?? [];
}

/// <summary>One step or group of a plan.</summary>
public sealed record PlanPart(
    int? StepOrder, long? GroupId, string? GroupName, string? AssignedArea, long TemplateId, string TemplateName, string TemplateType, int AutonomousAgentCount, int RepeatCount, int ExecutionTime,
    int? DelayAfterCompletion, PlaybackSettings? Playback, OutputSettings? Output, FleetSettings? Fleet)
{
    /// <summary>What names it within its plan.</summary>
    public long Number => StepOrder ?? GroupId ?? 0;

    /// <summary>What people call it.</summary>
    public string Name => GroupName ?? TemplateName;

    /// <summary>Whether its agents play over and over until the time limit.</summary>
    public bool Loops => Playback?.Loop == true;
}

/// <summary>How a bag is played; null: as when it is left out.</summary>
public sealed record PlaybackSettings
{
    public double? Rate { get; init; }
    public bool? Loop { get; init; }
    public IReadOnlyList<string>? Topics { get; init; }
    public IReadOnlyList<string>? ExcludeTopics { get; init; }
    public string? Regex { get; init; }
    public string? ExcludeRegex { get; init; }
    public IReadOnlyDictionary<string, string>? Remap { get; init; }

    /// <summary>Seconds of the bag.</summary>
    public double? StartOffset { get; init; }

    /// <summary>Seconds of the bag.</summary>
    public double? PlaybackDuration { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long? PlaybackUntil { get; init; }

    /// <summary>Seconds.</summary>
    public double? Delay { get; init; }

    /// <summary><c>received</c> or <c>sent</c>.</summary>
    public string? MessageOrder { get; init; }

    public bool? Clock { get; init; }

    /// <summary>Hertz.</summary>
    public double? ClockFrequency { get; init; }

    public IReadOnlyList<string>? ClockTopics { get; init; }
    public bool? ClockTopicsAll { get; init; }
    public bool? RepeatLatched { get; init; }
}

/// <summary>Where agents publish, and as whom.</summary>
public sealed record OutputSettings
{
    /// <summary>Null: those of the site; empty: nowhere.</summary>
    public IReadOnlyList<string>? Endpoints { get; init; }

    /// <summary><c>recorded</c>, <c>now</c> or <c>offset</c>.</summary>
    public string? Stamps { get; init; }

    public string? Identity { get; init; }
    public IReadOnlyList<string>? SharedFrames { get; init; }
    public IReadOnlyList<string>? GlobalFrames { get; init; }
    public PoseOffset? PoseOffset { get; init; }
}

/// <summary>A grid (spacing, columns), or an area (width, height); metres.</summary>
public sealed record PoseOffset(double? Spacing, int? Columns, double? Width, double? Height, long? Seed);

/// <summary>How agents differ from each other.</summary>
public sealed record FleetSettings(long? Seed, Ramp? Ramp, Stagger? Stagger, double? Jitter, IReadOnlyList<FaultSettings>? Faults);

public sealed record Ramp(double Seconds, int? Steps);

public sealed record Stagger(double? Within);

/// <summary>One thing that goes wrong, and for whom.</summary>
public sealed record FaultSettings
{
    /// <summary>One of <see cref="FaultKinds.All"/>.</summary>
    public required string Kind { get; init; }

    public double? Share { get; init; }
    public int? First { get; init; }
    public int? Last { get; init; }
    public IReadOnlyList<string>? Topics { get; init; }
    public double? Rate { get; init; }
    public double? Delay { get; init; }
    public double? At { get; init; }
    public double? For { get; init; }
    public double? Every { get; init; }
}

/// <summary>Kinds of faults as the API spells them.</summary>
public static class FaultKinds
{
    public const string Drop = "drop";
    public const string Delay = "delay";
    public const string Duplicate = "duplicate";
    public const string Reorder = "reorder";
    public const string Freeze = "freeze";
    public const string Disconnect = "disconnect";

    public static IReadOnlyList<string> All { get; } = [Drop, Delay, Duplicate, Reorder, Freeze, Disconnect];

    /// <summary>Whether a fault goes on for a while instead of meeting single messages.</summary>
    public static bool LastsAWhile(string kind) => kind is Freeze or Disconnect;
}

/// <param name="Per"><c>fleet</c> or <c>agent</c>.</param>
/// <param name="Topics">Empty: all.</param>
public sealed record RecordSettings(string? Per, IReadOnlyList<string>? Topics);

/// <param name="Endpoint">Null: those of the site.</param>
/// <param name="Topics">As the endpoint's protocol writes subscriptions.</param>
public sealed record ListenSettings(string? Endpoint, IReadOnlyList<string> Topics);

public sealed record SimulationCreateRequest(
    string SimulationName, string? SimulationDescription, string PatternType, string? MecId, PatternRequest Pattern, IReadOnlyList<ListenSettings>? Listen, RecordSettings? Record);

public sealed record PatternRequest(IReadOnlyList<PartRequest>? Steps, IReadOnlyList<PartRequest>? Groups);

public sealed record PartRequest
{
    public required long TemplateId { get; init; }
    public required int AutonomousAgentCount { get; init; }
    public required int ExecutionTime { get; init; }
    public required int RepeatCount { get; init; }
    public int? StepOrder { get; init; }
    public int? DelayAfterCompletion { get; init; }
    public string? GroupName { get; init; }
    public string? AssignedArea { get; init; }
    public PlaybackSettings? Playback { get; init; }
    public OutputSettings? Output { get; init; }
    public FleetSettings? Fleet { get; init; }
}
