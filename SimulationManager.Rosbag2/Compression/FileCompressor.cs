using ZstdSharp;

namespace SimulationManager.Rosbag2.Compression;

/// <summary>Compresses a finished storage file as rosbag2 does: one zstd frame that states its content size.</summary>
internal static class FileCompressor
{
    private const int BlockBytes = 1024 * 1024;

    /// <summary>Writes <paramref name="path"/> + ".zstd" and deletes the original.</summary>
    /// <returns>The new path.</returns>
    public static string Compress(string path, int level)
    {
        var target = path + ".zstd";
        using (var input = File.OpenRead(path))
        using (var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write))
        using (var zstd = new CompressionStream(output, level, BlockBytes, leaveOpen: true))
        {
            // rosbag2's decompressor refuses frames without a content size.
            zstd.SetPledgedSrcSize((ulong)input.Length);
            input.CopyTo(zstd, BlockBytes);
        }

        File.Delete(path);
        return target;
    }
}
