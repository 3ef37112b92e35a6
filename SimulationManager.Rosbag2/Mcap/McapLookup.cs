using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Messages of a file by row id. Segments come from the cache that all lookups of the file share.</summary>
internal sealed class McapLookup(SegmentReader reader, IReadOnlyList<McapSegment> segments, SegmentCache cache) : IMessageLookup
{
    private LoadedSegment? _loaded;
    private int _segment = -1;
    private int _place;

    public ReadOnlySpan<byte> Data => _loaded!.DataOf(_loaded.Messages[_place]);

    public void MoveTo(long rowId)
    {
        var (segment, place) = McapSegment.Split(rowId);
        if (segment != _segment)
        {
            _loaded = cache.Find(segment) ?? Load(segment);
            _segment = segment;
        }

        if ((uint)place >= (uint)_loaded!.MessageCount)
            throw new BagFormatException(BagError.ValueInvalid, "The file was changed after it was opened: a message is no longer where it was.");
        _place = place;
    }

    public void Dispose() => reader.Dispose();

    private LoadedSegment Load(int segment)
    {
        var loaded = new LoadedSegment();
        reader.ReadMessages(segments[segment], loaded);
        cache.Keep(segment, loaded);
        return loaded;
    }
}
