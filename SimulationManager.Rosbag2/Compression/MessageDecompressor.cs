using System.Buffers;
using ZstdSharp;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Decompresses messages into one pooled buffer that grows to the largest message and is then used again.</summary>
internal sealed class MessageDecompressor(string file, int maxMessageBytes) : IDisposable
{
    private const int SmallestBufferBytes = 4096;
    private const int FirstGuessBytes = 64 * 1024;

    private readonly Decompressor _zstd = new();
    private byte[] _buffer = [];

    /// <summary>
    /// The decompressed message, valid until the next call. One that is no zstd frame was stored as it is, which recorders do
    /// with some: serialized messages start with a zero byte (the encapsulation identifier of CDR), zstd frames never do.
    /// </summary>
    /// <exception cref="BagFormatException">Damaged, or larger than the limit.</exception>
    public ReadOnlySpan<byte> Decompress(ReadOnlySpan<byte> frame)
    {
        if (!ZstdFrame.HasMagic(frame))
            return frame;

        try
        {
            return ZstdFrame.ContentSize(frame) is { } size ? DecompressKnown(frame, size) : DecompressUnknown(frame);
        }
        catch (ZstdException error)
        {
            throw Corrupt(error);
        }
    }

    /// <summary>The size of the decompressed message, bytes.</summary>
    /// <exception cref="BagFormatException">As for <see cref="Decompress"/>.</exception>
    public int SizeOf(ReadOnlySpan<byte> frame) => ZstdFrame.ContentSize(frame) is { } size and <= int.MaxValue ? (int)size : Decompress(frame).Length;

    public void Dispose()
    {
        _zstd.Dispose();
        Grow(0);
    }

    private ReadOnlySpan<byte> DecompressKnown(ReadOnlySpan<byte> frame, ulong size)
    {
        if (size > (ulong)maxMessageBytes)
            throw TooLarge();
        Grow((int)size);
        return _zstd.TryUnwrap(frame, _buffer, out var written) && (ulong)written == size
            ? _buffer.AsSpan(0, written)
            : throw Corrupt(null);
    }

    private ReadOnlySpan<byte> DecompressUnknown(ReadOnlySpan<byte> frame)
    {
        for (var capacity = Math.Min(FirstGuessBytes, maxMessageBytes); ; capacity = (int)Math.Min(capacity * 4L, maxMessageBytes))
        {
            Grow(capacity);
            _zstd.ResetStream();
            var status = _zstd.UnwrapStream(frame, _buffer.AsSpan(0, capacity), out var consumed, out var written);
            if (consumed == frame.Length && written < capacity)
                return status == OperationStatus.Done ? _buffer.AsSpan(0, written) : throw Corrupt(null);
            if (capacity == maxMessageBytes)
                throw TooLarge();
        }
    }

    private void Grow(int size)
    {
        if (size != 0 && _buffer.Length >= size)
            return;
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = size == 0 ? [] : ArrayPool<byte>.Shared.Rent(Math.Max(size, SmallestBufferBytes));
    }

    private BagFormatException Corrupt(Exception? cause) =>
        new(BagError.CompressionCorrupt, $"A compressed message in {file} does not decompress. Send the whole file again.", file, cause);

    private BagFormatException TooLarge() =>
        new(BagError.TooLarge,
            $"A message in {file} decompresses to more than {maxMessageBytes} bytes. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxMessageBytes)} if the bag is trusted.", file);
}
