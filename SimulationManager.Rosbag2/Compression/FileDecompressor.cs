using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ZstdSharp;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Decompresses <c>.db3.zstd</c> and <c>.mcap.zstd</c> files, each once, into a folder.</summary>
internal sealed class FileDecompressor : IDisposable
{
    private const int BlockBytes = 1024 * 1024;

    private readonly bool _deleteFolder;
    private readonly long _maxBytes;
    private readonly string _folder;

    public FileDecompressor(BagOpenOptions options)
    {
        _maxBytes = options.MaxDecompressedFileBytes;
        _deleteFolder = options.DecompressionFolder is null;
        _folder = options.DecompressionFolder ?? Path.Combine(Path.GetTempPath(), $"rosbag2-{Guid.NewGuid():N}");
    }

    public static bool IsCompressed(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, start, 0) == start.Length && ZstdFrame.HasMagic(start);
    }

    /// <returns>Path of the decompressed file.</returns>
    /// <exception cref="BagFormatException">Damaged, or larger than the limit. No file is left behind.</exception>
    public string Decompress(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        var target = Path.Combine(_folder, TargetName(path));
        if (File.Exists(target))
            return target;

        // Under another name until complete, so that a reader next door never sees half a file.
        var partial = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var output = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
                Copy(path, output, cancellationToken);
            File.Move(partial, target, overwrite: true);
            return target;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    public void Dispose()
    {
        if (_deleteFolder && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private void Copy(string path, FileStream output, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var input = new DecompressionStream(File.OpenRead(path), BlockBytes, checkEndOfStream: true, leaveOpen: false);
            var block = new byte[BlockBytes];
            var total = 0L;
            for (int read; (read = input.Read(block)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                total += read;
                if (total > _maxBytes)
                    throw TooLarge(name);
                output.Write(block.AsSpan(0, read));
            }
        }
        catch (Exception error) when (error is ZstdException or EndOfStreamException)
        {
            throw new BagFormatException(BagError.CompressionCorrupt,
                $"{name} does not decompress: it is damaged or cut off. Send the whole file again.", name, error);
        }
    }

    private BagFormatException TooLarge(string name) =>
        new(BagError.TooLarge,
            $"{name} decompresses to more than {_maxBytes} bytes. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxDecompressedFileBytes)} if the bag is trusted.", name);

    /// <summary>Same file, same name; changed or other file, another name.</summary>
    private static string TargetName(string path)
    {
        var file = new FileInfo(path);
        var identity = string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
        var name = file.Name.EndsWith(".zstd", StringComparison.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(file.Name) : file.Name;
        return $"{hash}-{name}";
    }
}
