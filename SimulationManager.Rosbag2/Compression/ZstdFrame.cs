using System.Buffers.Binary;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>The header of a zstd frame (RFC 8878, section 3.1.1).</summary>
internal static class ZstdFrame
{
    /// <summary>Longest frame header, bytes.</summary>
    public const int MaxHeaderBytes = 18;

    private const uint Magic = 0xFD2FB528;

    public static bool HasMagic(ReadOnlySpan<byte> data) =>
        data.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(data) == Magic;

    /// <returns>The decompressed size, or null if the frame does not say or the header is cut off.</returns>
    public static ulong? ContentSize(ReadOnlySpan<byte> frame)
    {
        if (!HasMagic(frame) || frame.Length < 5)
            return null;
        var descriptor = frame[4];
        var singleSegment = (descriptor & 0x20) != 0;
        var dictionaryBytes = (descriptor & 3) switch { 3 => 4, var flag => flag };
        var field = frame[Math.Min(frame.Length, 5 + (singleSegment ? 0 : 1) + dictionaryBytes)..];
        return (descriptor >> 6) switch
        {
            0 => singleSegment && field.Length >= 1 ? field[0] : null,
            1 => field.Length >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(field) + 256UL : null,
            2 => field.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(field) : null,
            _ => field.Length >= 8 ? BinaryPrimitives.ReadUInt64LittleEndian(field) : null,
        };
    }
}
