using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// Walks the records of a file, front to back, and takes in no more of them than is asked for: a record is skipped by its
/// length. Records that follow closely are read in large blocks, jumps read a small one.
/// </summary>
internal sealed class McapRecords(SafeFileHandle file, string name)
{
    private const int LargeBlockBytes = 256 * 1024;
    private const int SmallBlockBytes = 4 * 1024;

    private byte[] _block = new byte[LargeBlockBytes];
    private long _blockStart;
    private int _blockLength;
    private long _next = McapFormat.Magic.Length;

    public long FileLength { get; } = RandomAccess.GetLength(file);

    public McapOpcode Opcode { get; private set; }

    /// <summary>Where the record starts in the file.</summary>
    public long Position { get; private set; }

    public long ContentPosition => Position + McapFormat.RecordHeadBytes;

    /// <summary>Bytes of content that are there; fewer than the record says if <see cref="IsCut"/>.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Where the record ends in the file.</summary>
    public long End => ContentPosition + ContentLength;

    /// <summary>True if the file ended inside the last record, which is then still the current one.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Moves to the next record.</summary>
    /// <returns>False when the file has ended, at a record's end or inside one.</returns>
    public bool MoveNext()
    {
        if (IsCut || _next == FileLength)
            return false;
        Position = _next;
        ContentLength = 0;
        if (FileLength - Position < McapFormat.RecordHeadBytes)
        {
            Opcode = 0;
            IsCut = true;
            return false;
        }

        var head = Peek(Position, McapFormat.RecordHeadBytes);
        Opcode = (McapOpcode)head[0];
        var length = BinaryPrimitives.ReadUInt64LittleEndian(head[1..]);
        IsCut = length > (ulong)(FileLength - ContentPosition);
        ContentLength = IsCut ? FileLength - ContentPosition : (long)length;
        _next = End;
        return !IsCut;
    }

    /// <summary>The start of the content, at most <paramref name="bytes"/> of it, valid until the next call.</summary>
    public ReadOnlySpan<byte> Content(int bytes) => Peek(ContentPosition, (int)Math.Min(bytes, ContentLength));

    /// <summary>The whole content.</summary>
    /// <exception cref="BagFormatException">It is longer than any record of text has a reason to be.</exception>
    public ReadOnlySpan<byte> Text() => ContentLength <= McapFormat.MaxTextBytes
        ? Content((int)ContentLength)
        : throw new BagFormatException(BagError.TooLarge,
            $"{name} holds a record ({Opcode}) of {ContentLength} bytes; {McapFormat.MaxTextBytes} can be read. Recover it with 'mcap recover'.", name);

    private ReadOnlySpan<byte> Peek(long position, int count)
    {
        if (position < _blockStart || position + count > _blockStart + _blockLength)
        {
            var follows = position >= _blockStart && position <= _blockStart + _blockLength;
            var wanted = Math.Max(count, follows ? LargeBlockBytes : SmallBlockBytes);
            wanted = (int)Math.Min(wanted, FileLength - position);
            if (_block.Length < wanted)
                _block = new byte[wanted];
            StorageHandle.ReadExactly(file, _block.AsSpan(0, wanted), position, name);
            _blockStart = position;
            _blockLength = wanted;
        }

        return _block.AsSpan((int)(position - _blockStart), count);
    }
}
