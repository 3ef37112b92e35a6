using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Walks the records of a segment.</summary>
internal readonly struct SegmentWalk(in McapSegment segment, string file, int maxMessageBytes)
{
    private const int MessageStartBytes = McapFormat.RecordHeadBytes + McapFormat.MessageHeadBytes;

    private readonly long _position = segment.Position;
    private readonly bool _isCut = segment.IsCut;

    /// <summary>Moves to the next record.</summary>
    /// <param name="records">All records of the segment.</param>
    /// <param name="position">Where to start; where to go on afterwards.</param>
    /// <param name="opcode">Its kind.</param>
    /// <param name="length">Bytes of content, which end at the new position.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="BagFormatException">A record is longer than what is left.</exception>
    public bool MoveNext(ReadOnlySpan<byte> records, ref int position, out McapOpcode opcode, out int length)
    {
        var left = records.Length - position;
        if (left >= McapFormat.RecordHeadBytes)
        {
            var content = BinaryPrimitives.ReadUInt64LittleEndian(records[(position + 1)..]);
            if (content <= (ulong)(left - McapFormat.RecordHeadBytes))
            {
                opcode = (McapOpcode)records[position];
                length = (int)content;
                position += McapFormat.RecordHeadBytes + length;
                return true;
            }
        }

        if (left != 0 && !_isCut)
            throw Damaged("a record that is longer than its chunk");
        (opcode, length) = (0, 0);
        return false;
    }

    /// <summary>Moves to the next message; other records are passed over.</summary>
    /// <exception cref="BagFormatException">The records are damaged, or the message is larger than the limit.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveToMessage(ReadOnlySpan<byte> records, ref int position, out SegmentMessage message)
    {
        // Nearly every record is a message, and whole. Small ones cost as much as what is done for each of them here.
        var left = records.Length - position - MessageStartBytes;
        if (left >= 0)
        {
            var start = records.Slice(position, MessageStartBytes);
            var size = unchecked(BinaryPrimitives.ReadUInt64LittleEndian(start[1..]) - McapFormat.MessageHeadBytes);
            if (start[0] == (byte)McapOpcode.Message && size <= (ulong)left && size <= (ulong)maxMessageBytes)
            {
                message = MessageAt(position + MessageStartBytes, (int)size, start[McapFormat.RecordHeadBytes..]);
                position += MessageStartBytes + (int)size;
                return true;
            }
        }

        return MoveOverOthers(records, ref position, out message);
    }

    /// <summary>The same for whatever comes: passes over other records, and says what is wrong with a message.</summary>
    private bool MoveOverOthers(ReadOnlySpan<byte> records, ref int position, out SegmentMessage message)
    {
        while (MoveNext(records, ref position, out var opcode, out var length))
        {
            if (opcode != McapOpcode.Message)
                continue;
            if (length < McapFormat.MessageHeadBytes)
                throw Damaged("a message without its times");
            var size = length - McapFormat.MessageHeadBytes;
            if (size > maxMessageBytes)
                throw TooLarge();
            message = MessageAt(position - size, size, records.Slice(position - length, McapFormat.MessageHeadBytes));
            return true;
        }

        message = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SegmentMessage MessageAt(int offset, int size, ReadOnlySpan<byte> head) => new()
    {
        ChannelId = BinaryPrimitives.ReadUInt16LittleEndian(head),
        TimestampNs = BinaryPrimitives.ReadInt64LittleEndian(head[6..]),
        Offset = offset,
        Size = size,
    };

    private BagFormatException Damaged(string problem) => new(BagError.StorageCorrupt,
        $"{file} is damaged: the chunk at byte {_position} holds {problem}. Recover the rest with 'mcap recover'.", file);

    private BagFormatException TooLarge() => new(BagError.TooLarge,
        $"{file} holds a message that is larger than the limit. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxMessageBytes)} if the bag is trusted.", file);
}
