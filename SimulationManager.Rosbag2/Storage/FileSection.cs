namespace SimulationManager.Rosbag2.Storage;

/// <summary>A part of a file as a stream.</summary>
internal sealed class FileSection : Stream
{
    private readonly Stream _file;
    private long _left;

    private FileSection(Stream file, long length)
    {
        _file = file;
        _left = length;
        Length = length;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get => Length - _left; set => throw new NotSupportedException(); }

    /// <exception cref="BagFormatException">The file is not there.</exception>
    public static FileSection Open(string path, long position, long length)
    {
        var file = new FileStream(StorageHandle.Open(path), FileAccess.Read) { Position = position };
        return new FileSection(file, length);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="BagFormatException">The file was cut off since it was opened.</exception>
    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        if (wanted == 0)
            return 0;
        var read = _file.Read(buffer[..wanted]);
        _left -= read;
        return read > 0
            ? read
            : throw new BagFormatException(BagError.StorageCorrupt, "The file was cut off while it was read. Send the whole file again.");
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }
}
