using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Messages of a file by row id. Segments come from the cache that all lookups of the bag share.</summary>
internal sealed class McapLookup(McapStorage file, SegmentReader reader, SegmentCache cache) : IMessageLookup
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
            Release();
            _loaded = cache.Find(new SegmentKey(file, segment)) ?? Load(segment);
            _segment = segment;
        }

        if ((uint)place >= (uint)_loaded!.MessageCount)
            throw new BagFormatException(BagError.ValueInvalid, $"{reader.FileName} was changed after it was opened: a message is no longer where it was.", reader.FileName);
        _place = place;
    }

    public void Dispose()
    {
        Release();
        reader.Dispose();
    }

    private LoadedSegment Load(int segment)
    {
        var loaded = cache.Rent();
        reader.ReadMessages(segment, loaded);
        return cache.Keep(new SegmentKey(file, segment), loaded);
    }

    private void Release()
    {
        if (_loaded is not null)
            cache.Release(new SegmentKey(file, _segment));
        (_loaded, _segment) = (null, -1);
    }
}
