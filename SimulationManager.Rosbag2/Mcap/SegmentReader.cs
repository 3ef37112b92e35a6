using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Reads segments of one file, which it holds open. For one thread at a time.</summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _name;
    private readonly int _maxMessageBytes;
    private readonly IReadOnlyList<McapSegment> _segments;
    private readonly SegmentFacts[] _facts;
    private readonly ChunkDecompressor _decompressor;
    private byte[] _stored = [];

    /// <param name="path">The file.</param>
    /// <param name="maxMessageBytes">Largest message.</param>
    /// <param name="segments">Its segments.</param>
    /// <param name="facts">What is known of each segment; added to.</param>
    /// <exception cref="BagFormatException">The file is not there.</exception>
    public SegmentReader(string path, int maxMessageBytes, IReadOnlyList<McapSegment> segments, SegmentFacts[] facts)
    {
        (_segments, _facts) = (segments, facts);
        _name = Path.GetFileName(path);
        _maxMessageBytes = maxMessageBytes;
        _handle = StorageHandle.Open(path);
        _decompressor = new ChunkDecompressor(_name);
    }

    public string FileName => _name;

    public IReadOnlyList<McapSegment> Segments => _segments;

    /// <summary>Reads and decompresses the records of a segment and checks their checksum.</summary>
    /// <exception cref="BagFormatException">The segment is damaged.</exception>
    public void Read(int index, LoadedSegment target)
    {
        var segment = _segments[index];
        var records = target.Begin(segment.Bytes);
        if (segment.Compression == McapCompression.None)
            StorageHandle.ReadExactly(_handle, records, segment.Position, _name);
        else
            target.Shorten(_decompressor.Decompress(segment, ReadStored(segment), records));
        if (segment.Crc != 0 && !segment.IsCut && !_facts[index].HasFlag(SegmentFacts.ChecksumIsRight) && Crc32.HashToUInt32(records) != segment.Crc)
        {
            throw new BagFormatException(BagError.StorageCorrupt,
                $"{_name} is damaged: the checksum of the chunk at byte {segment.Position} is wrong. Send the file again, or recover the rest with 'mcap recover'.", _name);
        }

        _facts[index] |= SegmentFacts.ChecksumIsRight;
    }

    /// <summary>Reads a segment and finds its messages.</summary>
    /// <exception cref="BagFormatException">The segment is damaged.</exception>
    public void ReadMessages(int index, LoadedSegment target)
    {
        Read(index, target);
        target.FindMessages(_segments[index], _name, _maxMessageBytes);
    }

    /// <summary>Reads a segment whose messages are to be delivered in the order of their times.</summary>
    /// <returns>Null if they are stored in that order; else they were sorted, and this is for each its place as stored.</returns>
    /// <exception cref="BagFormatException">The segment is damaged, or claims other times than its messages have.</exception>
    public int[]? ReadByTime(int index, LoadedSegment target)
    {
        Read(index, target);
        if (_facts[index].HasFlag(SegmentFacts.IsInOrder))
            return null;
        if (IsInOrder(index, target.Records))
        {
            _facts[index] |= SegmentFacts.IsInOrder;
            return null;
        }

        target.FindMessages(_segments[index], _name, _maxMessageBytes);
        return target.SortByTime();
    }

    public SegmentWalk Walk(int index) => new(_segments[index], _name, _maxMessageBytes);

    public void Dispose()
    {
        _decompressor.Dispose();
        _handle.Dispose();
    }

    /// <summary>The order of all depends on the times that chunks claim, so a chunk that claims others is an error and not a wrong order.</summary>
    private bool IsInOrder(int index, ReadOnlySpan<byte> records)
    {
        var segment = _segments[index];
        var walk = Walk(index);
        var inOrder = true;
        var (position, last) = (0, segment.FirstNs);
        while (walk.MoveToMessage(records, ref position, out var message))
        {
            if (message.TimestampNs < segment.FirstNs || message.TimestampNs > segment.LastNs)
                throw segment.OtherTimes(_name);
            inOrder &= message.TimestampNs >= last;
            last = message.TimestampNs;
        }

        return inOrder;
    }

    private ReadOnlySpan<byte> ReadStored(in McapSegment segment)
    {
        if (_stored.Length < segment.StoredBytes)
            _stored = GC.AllocateUninitializedArray<byte>(segment.StoredBytes);
        var stored = _stored.AsSpan(0, segment.StoredBytes);
        StorageHandle.ReadExactly(_handle, stored, segment.Position, _name);
        return stored;
    }
}
