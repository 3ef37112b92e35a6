using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>How a bag is played, in the terms of <c>ros2 bag play</c>.</summary>
[GenerateSerializer, Immutable]
public sealed record PlaybackOptions
{
    public const double MinRate = 0.01;
    public const double MaxRate = 100;

    /// <summary>Hertz, as of <c>ros2 bag play --clock</c>.</summary>
    public const double DefaultClockFrequency = 40;

    public const double MinClockFrequency = 0.1;
    public const double MaxClockFrequency = 1000;

    /// <summary>The longest <see cref="Delay"/>, seconds.</summary>
    public const double MaxDelay = 86_400;

    /// <summary>The greatest position within a bag, seconds: 2^62 ns, 146 years. Bags whose first stamps are 0 have their real part at 1.7e9 s.</summary>
    public const double MaxSeconds = 4_611_686_018;

    /// <summary>Speed factor, <see cref="MinRate"/>–<see cref="MaxRate"/>; 1 is the recorded speed.</summary>
    [Id(0)] public double Rate { get; init; } = 1;

    /// <summary>Only these topics, and those that match <c>regex</c>; neither: all of the template.</summary>
    [Id(1)] public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Not these topics.</summary>
    [Id(2)] public IReadOnlyList<string> ExcludeTopics { get; init; } = [];

    /// <summary>Recorded topic name to the name it is played under.</summary>
    [Id(3)] public IReadOnlyDictionary<string, string> Remap { get; init; } = new Dictionary<string, string>();

    /// <summary>The position at which every pass starts: seconds of the bag from its first message.</summary>
    [Id(4)] public double StartOffset { get; init; }

    /// <summary>Seconds of the bag that are played; null: to its end.</summary>
    [Id(5)] public double? PlaybackDuration { get; init; }

    /// <summary>Plays over and over until the time limit, whatever the repeat count.</summary>
    [Id(6)] public bool Loop { get; init; }

    /// <summary>Tells those who view an agent the bag's time on <c>/clock</c>, <c>clockFrequency</c> times a second.</summary>
    [Id(7)] public bool Clock { get; init; }

    /// <summary>Only topics whose whole name matches this regular expression, and <c>topics</c>.</summary>
    [Id(8)] public string? Regex { get; init; }

    /// <summary>Not topics whose whole name matches this regular expression.</summary>
    [Id(9)] public string? ExcludeRegex { get; init; }

    /// <summary>
    /// The bag's time, nanoseconds since 1970, after which nothing is played; absent: to its end. With <c>playbackDuration</c>, what is later
    /// ends the pass, as in <c>ros2 bag play</c>.
    /// </summary>
    [Id(10)] public long? PlaybackUntil { get; init; }

    /// <summary>Seconds between the start and the first pass, whatever the rate; they count into the time limit.</summary>
    [Id(11)] public double Delay { get; init; }

    /// <summary>Which times of the messages count.</summary>
    [Id(12)] public MessageOrder MessageOrder { get; init; }

    /// <summary>How often a second <c>clock</c> tells the time; absent: 40 times.</summary>
    [Id(13)] public double? ClockFrequency { get; init; }

    /// <summary>Tells those who view an agent the bag's time on <c>/clock</c> before each message of these topics.</summary>
    [Id(14)] public IReadOnlyList<string> ClockTopics { get; init; } = [];

    /// <summary>The same before each message.</summary>
    [Id(15)] public bool ClockTopicsAll { get; init; }

    /// <summary>
    /// Shows viewers the last messages of transient-local topics first: where passes do not start at the bag's start, after a seek, and when they join later.
    /// </summary>
    [Id(16)] public bool RepeatLatched { get; init; } = true;

    /// <summary>Whether the bag's time is told, so that a <c>/clock</c> that was recorded must not be played.</summary>
    [JsonIgnore]
    public bool TellsTime => Clock || ClockTopicsAll || ClockTopics.Count > 0;
}
