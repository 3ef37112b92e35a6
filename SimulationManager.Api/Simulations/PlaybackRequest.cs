using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>How a bag is played, in the terms of <c>ros2 bag play</c>.</summary>
public sealed record PlaybackRequest : IChecksItself
{
    private const int MaxTopics = 1000;

    [Range(PlaybackOptions.MinRate, PlaybackOptions.MaxRate), Description("Speed factor; 1 is the recorded speed.")]
    public double? Rate { get; init; }

    [Length(0, MaxTopics), Description("Only these topics, and those that match `regex`.")]
    public IReadOnlyList<string>? Topics { get; init; }

    [Length(0, MaxTopics), Description("Not these topics.")]
    public IReadOnlyList<string>? ExcludeTopics { get; init; }

    [Description("Whoever views an agent first gets the last message of every transient-local topic that was played before: after `startOffset`, a seek, or when joining later. Such messages are in no count. True when left out.")]
    public bool? RepeatLatched { get; init; }

    [StringLength(TopicPattern.MaxLength, MinimumLength = 1), Description("Only topics whose whole name matches this regular expression, and `topics`. Without look-arounds and backreferences.")]
    public string? Regex { get; init; }

    [StringLength(TopicPattern.MaxLength, MinimumLength = 1), Description("Not topics whose whole name matches this regular expression, whatever `topics` and `regex` say.")]
    public string? ExcludeRegex { get; init; }

    [Description("Recorded topic name to the name it is played under.")]
    public IReadOnlyDictionary<string, string>? Remap { get; init; }

    [Range(0.0, PlaybackOptions.MaxSeconds), Description("The position at which every pass starts: seconds of the bag from its start (its first message).")]
    public double? StartOffset { get; init; }

    [Range(0.001, PlaybackOptions.MaxSeconds), Description("Seconds of the bag that every pass plays; left out: to its end.")]
    public double? PlaybackDuration { get; init; }

    [Range(0L, long.MaxValue), Description("The bag's time after which nothing is played, nanoseconds since the Unix epoch. With `playbackDuration`, the later of the two ends the pass.")]
    public long? PlaybackUntil { get; init; }

    [Range(0.0, PlaybackOptions.MaxDelay), Description("Seconds between the start and the first pass, whatever the rate; they count into `executionTime`.")]
    public double? Delay { get; init; }

    [AllowedValues(MessageOrderWords.Received, MessageOrderWords.Sent), Description("By which of their times messages are played: `received` by the recorder, or `sent` by their publishers. Storages that do not keep the latter (sqlite3) have `received` for it.")]
    public string? MessageOrder { get; init; }

    [Description("Plays over and over until the time limit, whatever the repeat count.")]
    public bool? Loop { get; init; }

    [Description("Tells those who view an agent the bag's time on `/clock`, `clockFrequency` times a second. A `/clock` that was recorded is left out.")]
    public bool? Clock { get; init; }

    [Range(PlaybackOptions.MinClockFrequency, PlaybackOptions.MaxClockFrequency), Description("Hertz of `clock`; 40 when left out.")]
    public double? ClockFrequency { get; init; }

    [Length(0, MaxTopics), Description("Instead of `clock`: tells the bag's time on `/clock` before each message of these topics, by their recorded names.")]
    public IReadOnlyList<string>? ClockTopics { get; init; }

    [Description("Instead of `clock`: tells the bag's time on `/clock` before each message.")]
    public bool? ClockTopicsAll { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        CheckNames(path + "topics", Topics, Messages.TopicNames, problems);
        CheckNames(path + "excludeTopics", ExcludeTopics, Messages.TopicNames, problems);
        CheckNames(path + "remap", Remap?.Keys.Concat(Remap.Values), Messages.TopicNames, problems);
        CheckNames(path + "clockTopics", ClockTopics, Messages.TopicNames, problems);
        CheckClock(path, problems);
        CheckPattern(path + "regex", Regex, problems);
        CheckPattern(path + "excludeRegex", ExcludeRegex, problems);
        if (Remap?.Count > MaxTopics) problems.Add(new FieldProblem(path + "remap", Messages.FieldItems, 0, MaxTopics));
    }

    /// <summary>As the run keeps it.</summary>
    public PlaybackOptions ToOptions() => new()
    {
        Rate = Rate ?? 1,
        Topics = Topics ?? [],
        ExcludeTopics = ExcludeTopics ?? [],
        Remap = Remap ?? new Dictionary<string, string>(),
        StartOffset = StartOffset ?? 0,
        PlaybackDuration = PlaybackDuration,
        Loop = Loop ?? false,
        Clock = Clock ?? false,
        Regex = Regex,
        ClockFrequency = ClockFrequency,
        ClockTopics = ClockTopics ?? [],
        ClockTopicsAll = ClockTopicsAll ?? false,
        RepeatLatched = RepeatLatched ?? true,
        ExcludeRegex = ExcludeRegex,
        PlaybackUntil = PlaybackUntil,
        Delay = Delay ?? 0,
        MessageOrder = MessageOrder == MessageOrderWords.Sent ? Core.Model.MessageOrder.Sent : Core.Model.MessageOrder.Received,
    };

    /// <summary>Refuses names of topics or frames that are blank, too long, or cannot be stored.</summary>
    internal static void CheckNames(string field, IEnumerable<string?>? names, string message, ICollection<FieldProblem> problems)
    {
        if (names?.Any(name => string.IsNullOrWhiteSpace(name) || name.Length > 255 || name.Contains('\0')) == true)
            problems.Add(new FieldProblem(field, message));
    }

    private void CheckClock(string path, ICollection<FieldProblem> problems)
    {
        if (ClockFrequency is not null && Clock != true) problems.Add(new FieldProblem(path + "clockFrequency", Messages.ClockFrequencyAlone));
        var hasTopics = ClockTopics is { Count: > 0 };
        if (hasTopics && Clock == true) problems.Add(new FieldProblem(path + "clockTopics", Messages.ClockOneWay));
        if (ClockTopicsAll == true && (hasTopics || Clock == true)) problems.Add(new FieldProblem(path + "clockTopicsAll", Messages.ClockOneWay));
    }

    private static void CheckPattern(string field, string? text, ICollection<FieldProblem> problems)
    {
        if (text is not null && !TopicPattern.TryParse(text, out _, out var problem)) problems.Add(new FieldProblem(field, Messages.TopicPattern, problem));
    }
}
