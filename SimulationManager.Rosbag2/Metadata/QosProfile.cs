using SimulationManager.Rosbag2.Metadata;

namespace SimulationManager.Rosbag2;

/// <summary>How many samples a publisher keeps. Numbers are those of <c>rmw_qos_history_policy_t</c>.</summary>
public enum QosHistory
{
    /// <summary>Left to the middleware.</summary>
    SystemDefault = 0,

    /// <summary>Keep the last <see cref="QosProfile.Depth"/> samples.</summary>
    KeepLast = 1,

    /// <summary>Keep all samples.</summary>
    KeepAll = 2,

    /// <summary>Not known (what discovery reports).</summary>
    Unknown = 3,
}

/// <summary>Delivery guarantee. Numbers are those of <c>rmw_qos_reliability_policy_t</c>.</summary>
public enum QosReliability
{
    /// <summary>Left to the middleware.</summary>
    SystemDefault = 0,

    /// <summary>Every sample arrives.</summary>
    Reliable = 1,

    /// <summary>Samples may be lost.</summary>
    BestEffort = 2,

    /// <summary>Not known.</summary>
    Unknown = 3,

    /// <summary>Whatever the other side offers.</summary>
    BestAvailable = 4,
}

/// <summary>Whether late subscribers get earlier samples. Numbers are those of <c>rmw_qos_durability_policy_t</c>.</summary>
public enum QosDurability
{
    /// <summary>Left to the middleware.</summary>
    SystemDefault = 0,

    /// <summary>Late subscribers get the kept samples.</summary>
    TransientLocal = 1,

    /// <summary>Late subscribers get nothing.</summary>
    Volatile = 2,

    /// <summary>Not known.</summary>
    Unknown = 3,

    /// <summary>Whatever the other side offers.</summary>
    BestAvailable = 4,
}

/// <summary>How a publisher shows that it is alive. Numbers are those of <c>rmw_qos_liveliness_policy_t</c>.</summary>
public enum QosLiveliness
{
    /// <summary>Left to the middleware.</summary>
    SystemDefault = 0,

    /// <summary>The middleware asserts it.</summary>
    Automatic = 1,

    /// <summary>By node (deprecated in ROS 2).</summary>
    ManualByNode = 2,

    /// <summary>The publisher asserts it.</summary>
    ManualByTopic = 3,

    /// <summary>Not known.</summary>
    Unknown = 4,

    /// <summary>Whatever the other side offers.</summary>
    BestAvailable = 5,
}

/// <summary>A duration in a quality of service profile.</summary>
/// <param name="Sec">Whole seconds.</param>
/// <param name="Nsec">Nanoseconds on top.</param>
public readonly record struct QosDuration(ulong Sec, ulong Nsec)
{
    /// <summary><c>RMW_DURATION_INFINITE</c>: 2^63 - 1 nanoseconds.</summary>
    public static QosDuration Infinite { get; } = new(9223372036, 854775807);

    /// <summary>
    /// True for every value that some middleware has used for "never": before the constant existed, each had its own.
    /// </summary>
    public bool IsInfinite =>
        this == Infinite || this == new QosDuration(0x7FFFFFFF, 0xFFFFFFFF) || this == new QosDuration(0x7FFFFFFF, 0x7FFFFFFF);
}

/// <summary>One quality of service profile that a recorded publisher offered.</summary>
public sealed record QosProfile
{
    /// <summary>History policy.</summary>
    public QosHistory History { get; init; } = QosHistory.KeepLast;

    /// <summary>Queue depth, used with <see cref="QosHistory.KeepLast"/>.</summary>
    public long Depth { get; init; } = 10;

    /// <summary>Reliability policy.</summary>
    public QosReliability Reliability { get; init; } = QosReliability.Reliable;

    /// <summary>Durability policy.</summary>
    public QosDurability Durability { get; init; } = QosDurability.Volatile;

    /// <summary>Longest time between samples.</summary>
    public QosDuration Deadline { get; init; } = QosDuration.Infinite;

    /// <summary>How long a sample stays valid.</summary>
    public QosDuration Lifespan { get; init; } = QosDuration.Infinite;

    /// <summary>Liveliness policy.</summary>
    public QosLiveliness Liveliness { get; init; } = QosLiveliness.Automatic;

    /// <summary>Time within which a publisher must show that it is alive.</summary>
    public QosDuration LivelinessLeaseDuration { get; init; } = QosDuration.Infinite;

    /// <summary>True if the topic name is used as it is, without the ROS prefix.</summary>
    public bool AvoidRosNamespaceConventions { get; init; }

    /// <summary>Reads the YAML text that a bag stores per topic; policies may be numbers (to version 8) or names (9).</summary>
    /// <param name="yaml">The text; empty means no profile.</param>
    /// <exception cref="BagFormatException"><see cref="BagError.MetadataUnreadable"/>.</exception>
    public static IReadOnlyList<QosProfile> ParseList(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return string.IsNullOrWhiteSpace(yaml) ? [] : QosYaml.Read(BoundedYaml.Parse(yaml, "offered_qos_profiles"));
    }

    /// <summary>The same, or null when the text cannot be read.</summary>
    internal static IReadOnlyList<QosProfile>? TryParseList(string yaml)
    {
        try
        {
            return ParseList(yaml);
        }
        catch (BagFormatException)
        {
            return null;
        }
    }

    /// <summary>Writes profiles as the YAML text that rosbag2 (from version 9) stores per topic.</summary>
    /// <param name="profiles">The profiles, possibly none.</param>
    public static string FormatList(IReadOnlyList<QosProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        return QosYaml.Write(profiles);
    }
}
