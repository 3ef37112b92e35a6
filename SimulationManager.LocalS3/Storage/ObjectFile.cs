using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace SimulationManager.LocalS3.Storage;

/// <summary>
/// One file per object: the content, then its metadata as JSON, then the length of that JSON (4 bytes, little-endian) and a magic word.
/// Content and metadata thus change together in one rename.
/// </summary>
internal static class ObjectFile
{
    private const int BufferSize = 128 * 1024;
    private const int LargestMetadata = 1024 * 1024;

    private static readonly byte[] Magic = "ALS3obj1"u8.ToArray();

    private static int TailSize => sizeof(int) + Magic.Length;

    /// <summary>Appends the source to the file, feeding the hashes, and gives the number of bytes.</summary>
    public static async Task<long> WriteContentAsync(FileStream file, Stream source, Action<ReadOnlySpan<byte>> onBytes, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long size = 0;
            int count;
            while ((count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                onBytes(buffer.AsSpan(0, count));
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                size += count;
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes the metadata and sees to it that all is on the disk.</summary>
    public static async Task FinishAsync(FileStream file, StoredObject stored, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(stored, StorageJson.Default.StoredObject);
        var tail = new byte[TailSize];
        BinaryPrimitives.WriteInt32LittleEndian(tail, json.Length);
        Magic.CopyTo(tail, sizeof(int));
        await file.WriteAsync(json, cancellationToken).ConfigureAwait(false);
        await file.WriteAsync(tail, cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Null when the file is no whole object.</summary>
    public static StoredObject? ReadMetadata(string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        var tail = new byte[TailSize];
        if (length < TailSize || RandomAccess.Read(file, tail, length - TailSize) != TailSize || !tail.AsSpan(sizeof(int)).SequenceEqual(Magic))
            return null;
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (size is < 0 or > LargestMetadata || size > length - TailSize)
            return null;
        var json = new byte[size];
        var read = RandomAccess.Read(file, json, length - TailSize - size);
        return read == size && JsonSerializer.Deserialize(json, StorageJson.Default.StoredObject) is { } stored && stored.Size == length - TailSize - size ? stored : null;
    }

    public static FileStream Create(string path) =>
        new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });

    public static FileStream OpenContent(string path) =>
        new(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        });

    /// <summary>MD5 is what S3 clients expect as ETag; it protects nothing here.</summary>
    public static IncrementalHash NewETagHash() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);
}
