using System.Buffers.Binary;
using System.IO.Hashing;
using K4os.Compression.LZ4;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// The LZ4 frame format (github.com/lz4/lz4, doc/lz4_Frame_format.md) over a codec for blocks. Frames are decoded straight
/// into the target, block by block; the frame reader of the package goes through streams and copies everything once more.
/// </summary>
internal static class Lz4Frame
{
    private const uint Magic = 0x184D2204;
    private const uint SkippableMagic = 0x184D2A50;
    private const uint StoredBlock = 0x8000_0000;
    private const int WindowBytes = 64 * 1024;
    private const int MaxBlockBytes = 4 * 1024 * 1024;

    // Descriptor: version 1, independent blocks, content size; blocks of at most 4 MiB.
    private const byte Flags = 0b0110_1000;
    private const byte BlockSize = 7 << 4;
    private const int HeadBytes = 15;

    /// <summary>Decodes all frames of the source.</summary>
    /// <param name="source">One frame or more.</param>
    /// <param name="target">Where to; nothing is written beyond it.</param>
    /// <param name="checkContent">True to check the content checksum, where the frame has one.</param>
    /// <param name="isCut">True if the source may end anywhere: what was decoded before counts.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="InvalidDataException">Not LZ4 frames, damaged, or larger than the target.</exception>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> target, bool checkContent, bool isCut)
    {
        var written = 0;
        try
        {
            while (!source.IsEmpty)
                DecodeFrame(ref source, target, ref written, checkContent);
        }
        catch (EndOfStreamException) when (isCut)
        {
            // What came before is whole blocks.
        }

        return written;
    }

    /// <summary>Encodes one frame.</summary>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        target[4] = Flags;
        target[5] = BlockSize;
        BinaryPrimitives.WriteUInt64LittleEndian(target[6..], (ulong)source.Length);
        target[14] = DescriptorCheck(target[4..14]);
        var written = HeadBytes;
        while (!source.IsEmpty)
        {
            var block = source[..Math.Min(source.Length, MaxBlockBytes)];
            source = source[block.Length..];
            var length = LZ4Codec.Encode(block, target.Slice(written + sizeof(uint), block.Length), LZ4Level.L00_FAST);
            var stored = length <= 0 || length >= block.Length;
            if (stored)
            {
                block.CopyTo(target[(written + sizeof(uint))..]);
                length = block.Length;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(target[written..], stored ? (uint)length | StoredBlock : (uint)length);
            written += sizeof(uint) + length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[written..], 0);
        return written + sizeof(uint);
    }

    /// <summary>Most bytes that <see cref="Encode"/> writes.</summary>
    public static int MaxEncodedBytes(int bytes) => HeadBytes + bytes + (((bytes / MaxBlockBytes) + 2) * sizeof(uint));

    private static void DecodeFrame(ref ReadOnlySpan<byte> source, Span<byte> target, ref int written, bool checkContent)
    {
        var magic = UInt32(ref source);
        if ((magic & 0xFFFF_FFF0) == SkippableMagic)
        {
            Take(ref source, UInt32(ref source));
            return;
        }

        if (magic != Magic)
            throw new InvalidDataException("There is no LZ4 frame.");
        var flags = ReadDescriptor(ref source);
        var start = written;
        for (var size = UInt32(ref source); size != 0; size = UInt32(ref source))
        {
            var block = Take(ref source, size & ~StoredBlock);
            if (flags.BlockChecks)
                UInt32(ref source); // The content is checked as a whole.
            written += DecodeBlock(block, (size & StoredBlock) != 0, target, start, written, flags.Linked);
        }

        if (flags.ContentCheck && UInt32(ref source) is var check && checkContent && XxHash32.HashToUInt32(target[start..written]) != check)
            throw new InvalidDataException("The checksum of an LZ4 frame is wrong.");
    }

    private static int DecodeBlock(ReadOnlySpan<byte> block, bool stored, Span<byte> target, int start, int written, bool linked)
    {
        if (stored)
            return block.TryCopyTo(target[written..]) ? block.Length : throw new InvalidDataException("The frame is larger than it should be.");
        // A linked block refers back to what was decoded before it.
        var length = linked && written > start
            ? LZ4Codec.Decode(block, target[written..], target[Math.Max(start, written - WindowBytes)..written])
            : LZ4Codec.Decode(block, target[written..]);
        return length >= 0 ? length : throw new InvalidDataException("An LZ4 block is damaged or larger than it should be.");
    }

    private static (bool Linked, bool BlockChecks, bool ContentCheck) ReadDescriptor(ref ReadOnlySpan<byte> source)
    {
        if (source.Length < 2)
            throw new EndOfStreamException();
        var flags = source[0];
        var hasSize = (flags & 0x08) != 0;
        var hasDictionary = (flags & 0x01) != 0;
        var descriptor = Take(ref source, 2 + (hasSize ? 8u : 0) + (hasDictionary ? 4u : 0));
        if (flags >> 6 != 1 || hasDictionary || Take(ref source, 1)[0] != DescriptorCheck(descriptor))
            throw new InvalidDataException("The head of an LZ4 frame is damaged, or needs a dictionary.");
        return ((flags & 0x20) == 0, (flags & 0x10) != 0, (flags & 0x04) != 0);
    }

    private static byte DescriptorCheck(ReadOnlySpan<byte> descriptor) => (byte)(XxHash32.HashToUInt32(descriptor) >> 8);

    private static uint UInt32(ref ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt32LittleEndian(Take(ref source, sizeof(uint)));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, uint count)
    {
        if (count > (uint)source.Length)
            throw new EndOfStreamException();
        var taken = source[..(int)count];
        source = source[(int)count..];
        return taken;
    }
}
