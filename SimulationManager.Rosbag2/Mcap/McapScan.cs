using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>All messages of a file as they are stored. One segment is in memory at a time, and used again for the next.</summary>
internal sealed class McapScan(SegmentReader reader, bool checkTimes) : IMessageScan
{
    private readonly LoadedSegment _loaded = new();
    private SegmentWalk _walk;
    private SegmentMessage _message;
    private int _segment = -1;
    private int _place;
    private int _position;

    public long RowId => McapSegment.RowId(_segment, _place);

    public long TopicId => _message.ChannelId;

    public long TimestampNs => _message.TimestampNs;

    public long PublishedNs => _loaded.PublishedNsOf(_message);

    public int Size => _message.Size;

    public ReadOnlySpan<byte> Data => _loaded.DataOf(_message);

    public bool MoveNext()
    {
        while (true)
        {
            if (_segment >= 0 && _walk.MoveToMessage(_loaded.Records, ref _position, out _message))
            {
                _place++;
                if (checkTimes)
                    CheckTime(reader.Segments[_segment]);
                return true;
            }

            if (_segment + 1 >= reader.Segments.Count)
                return false;
            _segment++;
            (_place, _position) = (-1, 0);
            _walk = reader.Walk(_segment);
            reader.Read(_segment, _loaded);
        }
    }

    /// <summary>Readers by time depend on what chunks claim.</summary>
    private void CheckTime(in McapSegment segment)
    {
        if (_message.TimestampNs < segment.FirstNs || _message.TimestampNs > segment.LastNs)
            throw segment.OtherTimes(reader.FileName);
    }

    public void Dispose() => reader.Dispose();
}
