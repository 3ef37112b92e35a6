using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Which topics a part plays: the template's, narrowed by the playback options.</summary>
public static class PlayedTopics
{
    public static IEnumerable<string> Of(PlannedPart part)
    {
        if (part.Playback is not { } playback) return part.Topics;
        var topics = playback.Topics.Count == 0 ? part.Topics : part.Topics.Intersect(playback.Topics, StringComparer.Ordinal);
        return topics.Except(playback.ExcludeTopics, StringComparer.Ordinal);
    }
}
