namespace SimulationManager.Rosbag2.Writing;

/// <summary>Writes what several bags hold into one.</summary>
internal static class BagMerge
{
    /// <exception cref="BagFormatException">A bag is damaged, or two disagree.</exception>
    public static void Write(IReadOnlyList<BagReader> sources, BagWriter writer, CancellationToken cancellationToken)
    {
        foreach (var definition in DefinitionsOf(sources))
            writer.AddDefinition(definition);
        var ids = AddTopics(sources, writer);
        WriteMessages(sources, ids, writer, cancellationToken);
        foreach (var source in sources)
            writer.CopySideRecords(source, cancellationToken);
    }

    private static IEnumerable<MessageDefinition> DefinitionsOf(IReadOnlyList<BagReader> sources)
    {
        foreach (var same in sources.SelectMany(source => source.MessageDefinitions.Select(definition => (Source: source, Definition: definition))).GroupBy(entry => entry.Definition.TopicType))
        {
            var (first, definition) = same.First();
            foreach (var (other, otherDefinition) in same)
            {
                if (IsSame(definition, otherDefinition))
                    continue;
                throw new BagFormatException(BagError.InvalidOperation,
                    $"'{first.Bundle.Name}' and '{other.Bundle.Name}' have different definitions of {definition.TopicType}: their messages cannot be in one bag.");
            }

            yield return definition;
        }
    }

    /// <summary>By their hashes where both have one: a definition's text may differ in comments.</summary>
    private static bool IsSame(MessageDefinition one, MessageDefinition other) =>
        one.TypeDescriptionHash.Length > 0 && other.TypeDescriptionHash.Length > 0
            ? one.TypeDescriptionHash == other.TypeDescriptionHash
            : one.Encoding != other.Encoding || (one.Text == other.Text && one.Binary.Span.SequenceEqual(other.Binary.Span));

    /// <returns>Per bag, its topics' ids in the new one.</returns>
    private static int[][] AddTopics(IReadOnlyList<BagReader> sources, BagWriter writer)
    {
        var topics = new OrderedDictionary<string, (BagReader Source, BagTopic Topic)>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            // Read as one topic, messages of the second type would be written as of the first.
            foreach (var (topic, otherType) in source.TypeConflicts)
            {
                throw new BagFormatException(BagError.InvalidOperation,
                    $"The topic '{topic.Name}' has the type '{topic.Type}' and the type '{otherType}', which a bag that is written does not keep apart. Use the recording as it is.", topic.Name);
            }

            foreach (var topic in source.Topics)
            {
                if (topics.TryAdd(topic.Name, (source, topic)))
                    continue;
                var (first, known) = topics[topic.Name];
                if (known.Type != topic.Type || known.SerializationFormat != topic.SerializationFormat)
                {
                    throw new BagFormatException(BagError.InvalidOperation,
                        $"The topic '{topic.Name}' is {known.Type} ({known.SerializationFormat}) in '{first.Bundle.Name}' and {topic.Type} ({topic.SerializationFormat}) in '{source.Bundle.Name}': it cannot be one topic.");
                }

                topics[topic.Name] = (first, known with { OfferedQosProfiles = Offered(known, topic) });
            }
        }

        foreach (var (_, topic) in topics.Values)
            writer.AddTopic(topic);
        return [.. sources.Select(source => source.Topics.Select(topic => topics.IndexOf(topic.Name)).ToArray())];
    }

    /// <summary>What the publishers of both offered. Profiles that cannot be read give way to those that can.</summary>
    private static string Offered(BagTopic one, BagTopic other)
    {
        if (one.OfferedQosProfiles == other.OfferedQosProfiles)
            return one.OfferedQosProfiles;
        var (profiles, others) = (QosProfile.TryParseList(one.OfferedQosProfiles), QosProfile.TryParseList(other.OfferedQosProfiles));
        return profiles is null ? other.OfferedQosProfiles : others is null ? one.OfferedQosProfiles : QosProfile.FormatList([.. profiles.Union(others)]);
    }

    private static void WriteMessages(IReadOnlyList<BagReader> sources, int[][] ids, BagWriter writer, CancellationToken cancellationToken)
    {
        var cursors = new BagCursor[sources.Count];
        try
        {
            var next = new PriorityQueue<int, (long TimestampNs, int Source)>();
            for (var source = 0; source < cursors.Length; source++)
                Advance(source, cursors[source] = sources[source].ReadMessages());
            while (next.TryDequeue(out var source, out _))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var message = cursors[source].Current;
                writer.Write(ids[source][message.TopicId], message.TimestampNs, message.PublishedNs, message.Sequence, message.Data);
                Advance(source, cursors[source]);
            }

            void Advance(int source, BagCursor cursor)
            {
                if (cursor.MoveNext())
                    next.Enqueue(source, (cursor.TimestampNs, source));
            }
        }
        finally
        {
            foreach (var cursor in cursors)
                cursor?.Dispose();
        }
    }
}
