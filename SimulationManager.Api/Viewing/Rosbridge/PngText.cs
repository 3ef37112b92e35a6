using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>
/// Text as the pixels of a PNG picture (RGB, 8 bits), which is how rosbridge compresses it: browsers had no other way to inflate. The picture is as
/// square as it can be; what is left of it is newlines.
/// </summary>
internal static class PngText
{
    private const int BytesOfPixel = 3;
    private const byte Filler = (byte)'\n';

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Makes a picture of a text.</summary>
    /// <param name="text">UTF-8.</param>
    public static byte[] Encode(ReadOnlySpan<byte> text)
    {
        var width = Math.Max(1, (int)Math.Sqrt(text.Length / (double)BytesOfPixel));
        var lineLength = width * BytesOfPixel;
        var height = Math.Max(1, (text.Length + lineLength - 1) / lineLength);
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        // Depth, colour, compression, filter, interlace.
        ((ReadOnlySpan<byte>)[8, 2, 0, 0, 0]).CopyTo(header[8..]);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Deflate(text, lineLength, height));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Deflate(ReadOnlySpan<byte> text, int lineLength, int height)
    {
        using var pixels = new MemoryStream();
        using (var deflate = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
        {
            // Each line begins with its filter: none.
            var line = new byte[lineLength + 1];
            for (var row = 0; row < height; row++)
            {
                line.AsSpan(1).Fill(Filler);
                var rest = text[Math.Min(row * lineLength, text.Length)..];
                rest[..Math.Min(lineLength, rest.Length)].CopyTo(line.AsSpan(1));
                deflate.Write(line);
            }
        }
        return pixels.ToArray();
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var checksum = new Crc32();
        checksum.Append(type);
        checksum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
