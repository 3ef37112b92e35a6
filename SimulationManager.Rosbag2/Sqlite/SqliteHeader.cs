using System.Buffers.Binary;

namespace SimulationManager.Rosbag2.Sqlite;

/// <summary>Checks on the 100-byte header of an SQLite file (sqlite.org/fileformat2.html), for errors clearer than SQLite's own.</summary>
internal static class SqliteHeader
{
    private const int Length = 100;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <exception cref="BagFormatException">Missing, not SQLite, or shorter than its header says.</exception>
    public static void Check(string path)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
            throw new BagFormatException(BagError.NotFound, $"There is no file '{path}'.", name);

        Span<byte> header = stackalloc byte[Length];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, header, 0);
        if (read == 0)
            throw new BagFormatException(BagError.NotSqlite, $"{name} is empty: the recorder stopped before it wrote anything, or the upload was cut off. Send the whole file.", name);
        if (!Magic.StartsWith(header[..Math.Min(read, Magic.Length)]))
            throw new BagFormatException(BagError.NotSqlite, $"{name} is not an SQLite database. Send the .db3 file that rosbag2 recorded.", name);

        var expected = read < Length ? Length : ExpectedLength(header);
        var length = RandomAccess.GetLength(file);
        if (length < expected)
        {
            throw new BagFormatException(BagError.StorageCorrupt,
                $"{name} is cut off: {length} of {expected} bytes are there. Send the whole file again.", name);
        }
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
