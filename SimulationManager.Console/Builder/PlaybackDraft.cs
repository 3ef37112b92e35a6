using System.Text.RegularExpressions;
using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>When the bag's time is told on <c>/clock</c>.</summary>
public enum ClockChoice
{
    Never,
    Regularly,
    BeforeTopics,
    BeforeAll,
}

/// <summary>How a bag is played, as it is typed.</summary>
public sealed class PlaybackDraft
{
    public const int LongestPattern = 1000;
    public const string RemapSeparator = ":=";
    private const int MostTopics = 1000;
    private const int LongestName = 255;
    private const decimal LongestBag = 4_611_686_018;
    private const string Sent = "sent";

    public NumberText Rate { get; } = NumberText.Required(0.01m, 100, "1");
    public bool Loop { get; set; }
    public LinesText Topics { get; } = new(MostTopics, LongestName);
    public LinesText ExcludeTopics { get; } = new(MostTopics, LongestName);
    public string Regex { get; set; } = "";
    public string ExcludeRegex { get; set; } = "";

    /// <summary>Lines of <c>/recorded:=/played</c>.</summary>
    public LinesText Remap { get; } = new(MostTopics, 2 * LongestName + RemapSeparator.Length);

    public NumberText StartOffset { get; } = new(0, LongestBag);
    public NumberText Duration { get; } = new(0.001m, LongestBag);

    /// <summary>Nanoseconds since 1970.</summary>
    public NumberText Until { get; } = new(0, long.MaxValue) { IsWhole = true };

    public NumberText Delay { get; } = new(0, 86_400);
    public bool AsSent { get; set; }
    public bool RepeatLatched { get; set; } = true;
    public ClockChoice Clock { get; set; }
    public NumberText ClockFrequency { get; } = new(0.1m, 1000);
    public LinesText ClockTopics { get; } = new(MostTopics, LongestName);

    public bool IsRemapValid => Remap.IsValid && Remap.Lines.All(line => Renamed(line) is { Key.Length: > 0 and <= LongestName, Value.Length: > 0 and <= LongestName })
        && Remap.Lines.DistinctBy(line => Renamed(line)?.Key).Count() == Remap.Lines.Count;

    public bool IsValid => Rate.IsValid && Topics.IsValid && ExcludeTopics.IsValid && IsPattern(Regex) && IsPattern(ExcludeRegex) && IsRemapValid && StartOffset.IsValid && Duration.IsValid
        && Until.IsValid && Delay.IsValid && ClockFrequency.IsValid && ClockTopics.IsValid && (Clock != ClockChoice.BeforeTopics || ClockTopics.Lines.Count > 0);

    /// <summary>Whether a text can be a regular expression here; blank: none.</summary>
    public static bool IsPattern(string text) => text.Length == 0 || (text.Length <= LongestPattern && PatternOf(text) is not null);

    /// <summary>Whether a topic of the template is played, as the API chooses.</summary>
    public bool Plays(string topic)
    {
        var isChosen = (Topics.Lines.Count == 0 && Regex.Length == 0) || Topics.Lines.Contains(topic) || Matches(Regex, topic);
        return isChosen && !ExcludeTopics.Lines.Contains(topic) && !Matches(ExcludeRegex, topic);
    }

    public void Set(PlaybackSettings? playback)
    {
        if (playback is null) return;
        Rate.Set(playback.Rate ?? 1);
        Loop = playback.Loop ?? false;
        Topics.Set(playback.Topics);
        ExcludeTopics.Set(playback.ExcludeTopics);
        (Regex, ExcludeRegex) = (playback.Regex ?? "", playback.ExcludeRegex ?? "");
        Remap.Set(playback.Remap?.Select(name => $"{name.Key}{RemapSeparator}{name.Value}"));
        StartOffset.Set(playback.StartOffset is > 0 ? playback.StartOffset : null);
        Duration.Set(playback.PlaybackDuration);
        Until.Set(playback.PlaybackUntil);
        Delay.Set(playback.Delay is > 0 ? playback.Delay : null);
        AsSent = playback.MessageOrder == Sent;
        RepeatLatched = playback.RepeatLatched ?? true;
        Clock = playback.Clock == true ? ClockChoice.Regularly : playback.ClockTopicsAll == true ? ClockChoice.BeforeAll : playback.ClockTopics is [_, ..] ? ClockChoice.BeforeTopics : ClockChoice.Never;
        ClockFrequency.Set(playback.ClockFrequency);
        ClockTopics.Set(playback.ClockTopics);
    }

    /// <summary>Null when all is as it is without.</summary>
    public PlaybackSettings? ToSettings()
    {
        var settings = new PlaybackSettings
        {
            Rate = Rate.AsDouble is { } rate and not 1 ? rate : null,
            Loop = Loop ? true : null,
            Topics = Topics.LinesOrNull,
            ExcludeTopics = ExcludeTopics.LinesOrNull,
            Regex = OrNull(Regex),
            ExcludeRegex = OrNull(ExcludeRegex),
            Remap = Remap.Lines.Count == 0 ? null : new Dictionary<string, string>(Remap.Lines.Select(line => Renamed(line)!.Value)),
            StartOffset = StartOffset.AsDouble is > 0 ? StartOffset.AsDouble : null,
            PlaybackDuration = Duration.AsDouble,
            PlaybackUntil = Until.AsLong,
            Delay = Delay.AsDouble is > 0 ? Delay.AsDouble : null,
            MessageOrder = AsSent ? Sent : null,
            RepeatLatched = RepeatLatched ? null : false,
            Clock = Clock == ClockChoice.Regularly ? true : null,
            ClockFrequency = Clock == ClockChoice.Regularly ? ClockFrequency.AsDouble : null,
            ClockTopics = Clock == ClockChoice.BeforeTopics ? ClockTopics.LinesOrNull : null,
            ClockTopicsAll = Clock == ClockChoice.BeforeAll ? true : null,
        };
        return settings == new PlaybackSettings() ? null : settings;
    }

    /// <summary>Whether there is more than a rate and a loop.</summary>
    public bool HasMore => ToSettings() is { } settings && settings with { Rate = null, Loop = null } != new PlaybackSettings();

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static KeyValuePair<string, string>? Renamed(string line) =>
        line.Split(RemapSeparator, StringSplitOptions.TrimEntries) is [var recorded, var played] ? new KeyValuePair<string, string>(recorded, played) : null;

    private static bool Matches(string pattern, string topic) => pattern.Length > 0 && PatternOf(pattern)?.IsMatch(topic) == true;

    /// <summary>The whole name matches, in time that grows with its length only.</summary>
    private static Regex? PatternOf(string text)
    {
        try
        {
            return new Regex($"^(?:{text})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
