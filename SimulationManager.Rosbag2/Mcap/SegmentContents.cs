namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Takes channels, schemas and times from inside segments, where nothing outside says them.</summary>
internal static class SegmentContents
{
    /// <summary>Adds to the layout's catalog and corrects the times of its segments; those without messages are dropped.</summary>
    /// <exception cref="BagFormatException">A segment is damaged.</exception>
    public static void Read(string path, McapLayout layout, IReadOnlyList<int> segments, BagOpenOptions options, CancellationToken cancellationToken)
    {
        var loaded = new LoadedSegment();
        var empty = new HashSet<int>();
        var facts = new SegmentFacts[layout.Segments.Count];
        using var reader = new SegmentReader(path, options.MaxMessageBytes, layout.Segments, facts);
        foreach (var index in segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var segment = layout.Segments[index];
            reader.Read(index, loaded);
            if (BoundsOf(reader.Walk(index), loaded.Records, layout.Catalog) is { } bounds)
                layout.Segments[index] = segment with { FirstNs = bounds.First, LastNs = bounds.Last };
            else
                empty.Add(index);
        }

        layout.Facts = [.. facts.Where((_, index) => !empty.Contains(index))];
        var next = 0;
        layout.Segments.RemoveAll(_ => empty.Contains(next++));
    }

    private static (long First, long Last)? BoundsOf(SegmentWalk walk, ReadOnlySpan<byte> records, McapCatalog catalog)
    {
        var (first, last, position) = (long.MaxValue, long.MinValue, 0);
        var any = false;
        while (walk.MoveNext(records, ref position, out var opcode, out var length))
        {
            var content = records.Slice(position - length, length);
            if (opcode == McapOpcode.Schema)
            {
                catalog.AddSchema(content);
            }
            else if (opcode == McapOpcode.Channel)
            {
                catalog.AddChannel(content);
            }
            else if (opcode == McapOpcode.Message)
            {
                var message = position - length;
                var start = message - McapFormat.RecordHeadBytes;
                walk.MoveToMessage(records, ref start, out var found);
                (first, last, any) = (Math.Min(first, found.TimestampNs), Math.Max(last, found.TimestampNs), true);
            }
        }

        return any ? (first, last) : null;
    }
}
