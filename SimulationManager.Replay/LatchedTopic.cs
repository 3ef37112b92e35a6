namespace SimulationManager.Replay;

/// <summary>A topic whose publishers keep their last messages for whoever joins later: transient-local durability.</summary>
/// <param name="messages">The topic's messages as indexes into the timeline, ascending.</param>
/// <param name="depth">How many messages are kept, at least 1.</param>
/// <param name="lifespan">Nanoseconds after which a message is not kept any more.</param>
public sealed class LatchedTopic(int[] messages, int depth, long lifespan)
{
    /// <summary>How many messages are kept.</summary>
    internal int Depth => depth;

    /// <summary>Index of the topic in the timeline that the messages are of.</summary>
    internal int TopicOf(ReplayTimeline timeline) => timeline.TopicOf(messages[0]);

    /// <summary>The messages that are kept at a position, in recorded order.</summary>
    /// <param name="timeline">The timeline that the messages are of.</param>
    /// <param name="next">Index of the first message of the timeline that has not been played.</param>
    /// <param name="position">Nanoseconds of the bag from its first message.</param>
    internal ReadOnlySpan<int> KeptAt(ReplayTimeline timeline, int next, long position)
    {
        var end = messages.AsSpan().BinarySearch(next);
        if (end < 0) end = ~end;
        var first = Math.Max(0, end - depth);
        while (first < end && position - timeline.PositionOf(messages[first]) > lifespan) first++;
        return messages.AsSpan(first, end - first);
    }
}
