using SimulationManager.Rosbag2.Inspection;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>An <c>.mcap</c> file (mcap.dev/spec).</summary>
internal sealed class McapStorage : BagStorage
{
    private readonly McapLayout _layout;
    private readonly BagOpenOptions _options;
    private readonly SegmentCache _cache;
    private readonly SegmentFacts[] _segmentFacts;
    private readonly Lazy<int[]> _segmentsByTime;

    private McapStorage(string path, McapLayout layout, BagOpenOptions options, SegmentCache cache)
        : base(path)
    {
        _layout = layout;
        _options = options;
        _segmentFacts = layout.Facts ?? new SegmentFacts[layout.Segments.Count];
        _cache = cache;
        _segmentsByTime = new Lazy<int[]>(() => [.. Enumerable.Range(0, layout.Segments.Count).OrderBy(index => layout.Segments[index].FirstNs)]);
    }

    public override string Identifier => Mcap;

    public McapLayout Layout => _layout;

    public IReadOnlyList<McapSegment> Segments => _layout.Segments;

    /// <summary>A file whose segments are known, for payloads alone: it is not read for it, and need not be there.</summary>
    public static McapStorage Of(string path, IReadOnlyList<McapSegment> segments, BagOpenOptions options, SegmentCache cache)
    {
        var layout = new McapLayout(System.IO.Path.GetFileName(path));
        layout.Segments.AddRange(segments);
        return new McapStorage(path, layout, options, cache);
    }

    /// <exception cref="BagFormatException">Not a readable MCAP file.</exception>
    public static McapStorage Read(string path, BagOpenOptions options, SegmentCache cache, CancellationToken cancellationToken)
    {
        var layout = McapLayoutReader.Read(path, options, cancellationToken);
        var segments = layout.Segments;
        return new McapStorage(path, layout, options, cache)
        {
            Topics = layout.Catalog.Topics(),
            Definitions = layout.Catalog.Definitions(),
            Bounds = segments.Count == 0 ? null : (segments.Min(segment => segment.FirstNs), segments.Max(segment => segment.LastNs)),
            RosDistro = DistroOf(layout),
            Attachments = layout.Attachments,
            MetadataRecords = [.. layout.MetadataRecords.Where(record => record.Name != McapFormat.Rosbag2Record)],
        };
    }

    public override MessagesByTime ReadByTime(TopicMap topics, bool filtered, long fromNs, long toNs) =>
        new McapMessagesByTime(OpenSegments(), _segmentsByTime.Value, topics, fromNs, toNs);

    public override IMessageScan Scan(bool withData, bool checkData) => new McapScan(OpenSegments(), checkData);

    public override IMessageLookup OpenLookup() => new McapLookup(this, OpenSegments(), _cache);

    public override IEnumerable<BagFinding> Check(FileScan scan, CancellationToken cancellationToken) => McapChecks.Run(this, scan, cancellationToken);

    private SegmentReader OpenSegments() => new(Path, _options.MaxMessageBytes, _layout.Segments, _segmentFacts);

    /// <summary>What rosbag2 keeps in its metadata record: the distribution alone at first, since Jazzy within the whole metadata.</summary>
    private static string DistroOf(McapLayout layout)
    {
        foreach (var record in layout.MetadataRecords.Where(record => record.Name == McapFormat.Rosbag2Record).Reverse())
        {
            if (record.Values.GetValueOrDefault(McapFormat.Rosbag2Distro) is { Length: > 0 } distro)
                return distro;
            if (record.Values.GetValueOrDefault(McapFormat.Rosbag2Metadata) is { Length: > 0 } yaml && DistroOf(yaml) is { Length: > 0 } embedded)
                return embedded;
        }

        return "";
    }

    private static string DistroOf(string yaml)
    {
        try
        {
            return BagMetadataReader.Parse(yaml, "the metadata record 'rosbag2'").RosDistro;
        }
        catch (BagFormatException)
        {
            return ""; // A copy of metadata that nothing else depends on.
        }
    }
}
