using Microsoft.Win32.SafeHandles;

namespace SimulationManager.Rosbag2.Storage;

/// <summary>Files of strangers, opened for reading at any position.</summary>
internal static class StorageHandle
{
    /// <exception cref="BagFormatException">The file is not there or cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            // Without a lock: who else uses the file is not for a reader to say.
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var name = Path.GetFileName(path);
            throw new BagFormatException(BagError.NotFound, $"{name} cannot be opened ({error.Message}).", name, error);
        }
    }

    /// <summary>Fills the buffer from a position.</summary>
    /// <exception cref="BagFormatException">The file ends before.</exception>
    public static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long position, string name)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, position);
            if (read == 0)
                throw new BagFormatException(BagError.StorageCorrupt, $"{name} was cut off while it was read. Send the whole file again.", name);
            buffer = buffer[read..];
            position += read;
        }
    }
}
