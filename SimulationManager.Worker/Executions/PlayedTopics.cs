using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// Which topics a part plays: the template's, narrowed by the playback options as <c>ros2 bag play</c> does. What is named or matches is in; what is
/// excluded by name or by pattern is out, whatever else says that it is in.
/// </summary>
public static class PlayedTopics
{
    /// <exception cref="FormatException">A pattern of the plan is none.</exception>
    public static IEnumerable<string> Of(PlannedPart part)
    {
        if (part.Playback is not { } playback) return part.Topics;
        var (regex, excludeRegex) = (TopicPattern.Parse(playback.Regex), TopicPattern.Parse(playback.ExcludeRegex));
        var (named, excluded) = (playback.Topics.ToHashSet(StringComparer.Ordinal), playback.ExcludeTopics.ToHashSet(StringComparer.Ordinal));
        // Two clocks would tell two times.
        if (playback.TellsTime) excluded.Add(ClockMessage.Topic);
        var isAll = named.Count == 0 && regex is null;
        return part.Topics.Where(topic => (isAll || named.Contains(topic) || regex?.Matches(topic) == true) && !excluded.Contains(topic) && excludeRegex?.Matches(topic) != true);
    }
}
