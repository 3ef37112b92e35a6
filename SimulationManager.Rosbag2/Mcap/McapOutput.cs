using System.IO.Hashing;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>The file that is written: it knows its position and the CRC-32 of everything so far.</summary>
internal sealed class McapOutput(string path) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, BufferBytes);
    private Crc32 _crc = new();

    public long Position { get; private set; }

    public uint Crc => _crc.GetCurrentHashAsUInt32();

    /// <summary>Counts from here on.</summary>
    public void RestartCrc() => _crc = new Crc32();

    /// <exception cref="BagFormatException">The disk is full.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Write(bytes);
        }
        catch (IOException error)
        {
            throw new BagFormatException(BagError.InvalidOperation, $"{Path.GetFileName(path)} cannot be written ({error.Message}).", path, error);
        }

        _crc.Append(bytes);
        Position += bytes.Length;
    }

    /// <summary>Writes the records of a buffer and empties it.</summary>
    public void Write(McapRecordBuffer records)
    {
        Write(records.Written);
        records.Clear();
    }

    public void Dispose() => _file.Dispose();
}
