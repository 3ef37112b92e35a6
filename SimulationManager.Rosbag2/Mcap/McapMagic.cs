using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>Tells MCAP files from others.</summary>
internal static class McapMagic
{
    /// <returns>True for an MCAP file, whatever its name; false for one that is neither MCAP nor named so.</returns>
    /// <exception cref="BagFormatException">The file is named <c>.mcap</c> and is none.</exception>
    public static bool IsMcap(string path)
    {
        var named = path.EndsWith(".mcap", StringComparison.OrdinalIgnoreCase);
        if (!named && !File.Exists(path))
            return false;
        Span<byte> start = stackalloc byte[McapFormat.Magic.Length];
        using var file = StorageHandle.Open(path);
        var read = RandomAccess.Read(file, start, 0);
        if (start.SequenceEqual(McapFormat.Magic))
            return true;
        if (!named)
            return false;
        var name = Path.GetFileName(path);
        throw new BagFormatException(BagError.NotMcap, read == 0
            ? $"{name} is empty: the recorder stopped before it wrote anything, or the upload was cut off. Send the whole file."
            : $"{name} is not an MCAP file of version 0. Send the .mcap file that was recorded.", name);
    }
}
