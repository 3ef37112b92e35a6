using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>Checks on the 100-byte header of an SQLite file (sqlite.org/fileformat2.html), for errors clearer than SQLite's own.</summary>
internal static class SqliteHeader
{
    private const int Length = 100;
    private const int WriteVersion = 18;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <returns>True if the file was written with a write-ahead log.</returns>
    /// <exception cref="BagFormatException">Missing, not SQLite, or shorter than its header says.</exception>
    public static bool Check(string path)
    {
        Span<byte> header = stackalloc byte[Length];
        using var file = Open(path, header, out var read);
        var expected = read < Length ? Length : ExpectedLength(header);
        var length = RandomAccess.GetLength(file);
        if (length < expected)
        {
            var name = Path.GetFileName(path);
            throw new BagFormatException(BagError.StorageCorrupt,
                $"{name} is cut off: {length} of {expected} bytes are there. Send the whole file again.", name);
        }

        return header[WriteVersion] == 2;
    }

    /// <summary>Without a look at the length, which is right only once the write-ahead log is in the file.</summary>
    /// <exception cref="BagFormatException">Missing, or not SQLite.</exception>
    public static void CheckMagic(string path) => Open(path, stackalloc byte[Length], out _).Dispose();

    private static SafeFileHandle Open(string path, Span<byte> header, out int read)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
            throw new BagFormatException(BagError.NotFound, $"There is no file '{path}'.", name);

        var file = File.OpenHandle(path);
        read = RandomAccess.Read(file, header, 0);
        if (read > 0 && Magic.StartsWith(header[..Math.Min(read, Magic.Length)]))
            return file;
        file.Dispose();
        throw new BagFormatException(BagError.NotSqlite, read == 0
            ? $"{name} is empty: the recorder stopped before it wrote anything, or the upload was cut off. Send the whole file."
            : $"{name} is not an SQLite database. Send the .db3 file that rosbag2 recorded.", name);
    }

    /// <returns>Page size × page count; 0 if the header's page count is not valid (written by an SQLite before 3.7.0).</returns>
    private static long ExpectedLength(ReadOnlySpan<byte> header)
    {
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        var pages = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        var pagesAreValid = header[24..28].SequenceEqual(header[92..96]);
        return pagesAreValid ? pages * (pageSize == 1 ? 65536L : pageSize) : 0;
    }
}
