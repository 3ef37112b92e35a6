using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>Finds the transient-local topics of a bag by the quality of service that their publishers offered when it was recorded.</summary>
internal static class LatchedTopics
{
    /// <summary>Publishers of one topic that are reckoned with.</summary>
    private const int MaxPublishers = 100;

    /// <summary>The latched ones among topics.</summary>
    /// <param name="topics">The topics of a timeline.</param>
    /// <param name="topicIndexes">Per message of the timeline, an index into <paramref name="topics"/>.</param>
    public static LatchedTopic[] Of(IReadOnlyList<BagTopic> topics, ReadOnlySpan<ushort> topicIndexes)
    {
        var kept = topics.Select(topic => KeptOf(topic.OfferedQosProfiles)).ToArray();
        var messages = Array.ConvertAll(kept, keeps => keeps is null ? null : new List<int>());
        if (Array.TrueForAll(messages, list => list is null)) return [];
        for (var index = 0; index < topicIndexes.Length; index++) messages[topicIndexes[index]]?.Add(index);
        return [.. kept.Zip(messages).Where(pair => pair.Second is { Count: > 0 }).Select(pair => new LatchedTopic([.. pair.Second!], pair.First!.Value.Depth, pair.First.Value.Lifespan))];
    }

    /// <summary>One message per publisher: of several static transform publishers each has its own last message. Null: the topic is not latched.</summary>
    private static (int Depth, long Lifespan)? KeptOf(string offeredProfiles)
    {
        try
        {
            var latched = QosProfile.ParseList(offeredProfiles).Where(profile => profile.Durability == QosDurability.TransientLocal).Take(MaxPublishers).ToArray();
            return latched.Length == 0 ? null : (latched.Length, latched.Max(profile => LifespanOf(profile.Lifespan)));
        }
        catch (BagFormatException)
        {
            // The inspection says that the profiles cannot be read; their topic is played like any other.
            return null;
        }
    }

    /// <summary>0 is the middleware's default, which is to keep messages for ever.</summary>
    private static long LifespanOf(QosDuration lifespan) => lifespan.IsInfinite || lifespan == default
        ? long.MaxValue
        : (long)Math.Min((lifespan.Sec * 1e9) + lifespan.Nsec, ReplayTimeline.MaxPosition);
}
