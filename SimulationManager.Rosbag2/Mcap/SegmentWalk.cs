using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Walks the records of a segment.</summary>
internal readonly struct SegmentWalk(in McapSegment segment, string file, int maxMessageBytes)
{
    private readonly long _position = segment.Position;
    private readonly bool _isCut = segment.IsCut;

    /// <summary>Moves to the next record.</summary>
    /// <param name="records">All records of the segment.</param>
    /// <param name="position">Where to start; where to go on afterwards.</param>
    /// <param name="opcode">Its kind.</param>
    /// <param name="length">Bytes of content, which end at the new position.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="BagFormatException">A record is longer than what is left.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        while (MoveNext(records, ref position, out var opcode, out var length))
        {
            if (opcode != McapOpcode.Message)
                continue;
            if (length < McapFormat.MessageHeadBytes)
                throw Damaged("a message without its times");
            if (length - McapFormat.MessageHeadBytes > maxMessageBytes)
                throw TooLarge();
            var head = records[(position - length)..];
            message = new SegmentMessage
            {
                ChannelId = BinaryPrimitives.ReadUInt16LittleEndian(head),
                TimestampNs = BinaryPrimitives.ReadInt64LittleEndian(head[6..]),
                Offset = position - length + McapFormat.MessageHeadBytes,
                Size = length - McapFormat.MessageHeadBytes,
            };
            return true;
        }

        message = default;
        return false;
    }

    private BagFormatException Damaged(string problem) => new(BagError.StorageCorrupt,
        $"{file} is damaged: the chunk at byte {_position} holds {problem}. Recover the rest with 'mcap recover'.", file);

    private BagFormatException TooLarge() => new(BagError.TooLarge,
        $"{file} holds a message that is larger than the limit. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxMessageBytes)} if the bag is trusted.", file);
}
