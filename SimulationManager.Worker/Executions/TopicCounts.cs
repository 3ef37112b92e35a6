namespace SimulationManager.Worker.Executions;

/// <summary>Adds up counts by topic.</summary>
internal static class TopicCounts
{
    /// <summary>The sums over all; topics of which there are none are left out.</summary>
    public static Dictionary<string, long> Sum(IEnumerable<IEnumerable<KeyValuePair<string, long>>> counts)
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (topic, count) in counts.SelectMany(count => count).Where(count => count.Value > 0))
            sums[topic] = sums.GetValueOrDefault(topic) + count;
        return sums;
    }
}
