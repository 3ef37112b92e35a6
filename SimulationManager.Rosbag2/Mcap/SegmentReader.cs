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
    private readonly ChunkDecompressor _decompressor;
    private byte[] _stored = [];

    /// <exception cref="BagFormatException">The file is not there.</exception>
    public SegmentReader(string path, int maxMessageBytes)
    {
        _name = Path.GetFileName(path);
        _maxMessageBytes = maxMessageBytes;
        _handle = StorageHandle.Open(path);
        _decompressor = new ChunkDecompressor(_name);
    }

    public string FileName => _name;

    /// <summary>Reads and decompresses the records of a segment and checks their checksum.</summary>
    /// <exception cref="BagFormatException">The segment is damaged.</exception>
    public void Read(in McapSegment segment, LoadedSegment target)
    {
        var records = target.Begin(segment.Bytes);
        if (segment.Compression == McapCompression.None)
            StorageHandle.ReadExactly(_handle, records, segment.Position, _name);
        else
            target.Shorten(_decompressor.Decompress(segment, ReadStored(segment), records));
        if (segment.Crc != 0 && !segment.IsCut && Crc32.HashToUInt32(records) != segment.Crc)
        {
            throw new BagFormatException(BagError.StorageCorrupt,
                $"{_name} is damaged: the checksum of the chunk at byte {segment.Position} is wrong. Send the file again, or recover the rest with 'mcap recover'.", _name);
        }
    }

    /// <summary>Reads a segment and finds its messages.</summary>
    /// <exception cref="BagFormatException">The segment is damaged.</exception>
    public void ReadMessages(in McapSegment segment, LoadedSegment target)
    {
        Read(segment, target);
        target.FindMessages(segment, _name, _maxMessageBytes);
    }

    public SegmentWalk Walk(in McapSegment segment) => new(segment, _name, _maxMessageBytes);

    public void Dispose()
    {
        _decompressor.Dispose();
        _handle.Dispose();
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
