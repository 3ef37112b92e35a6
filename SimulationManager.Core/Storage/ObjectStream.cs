namespace SimulationManager.Core.Storage;

/// <summary>Reads an object from any place: nothing is asked for before the first byte is read, and then all from there on.</summary>
/// <param name="store">Where it is.</param>
/// <param name="key">The object.</param>
/// <param name="length">Its bytes.</param>
public sealed class ObjectStream(BundleStore store, string key, long length) : Stream
{
    private Stream? _content;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        var position = offset + origin switch { SeekOrigin.Current => _position, SeekOrigin.End => length, _ => 0 };
        ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(offset));
        if (position == _position) return position;
        _content?.Dispose();
        _content = null;
        return _position = position;
    }

    /// <exception cref="BundleNotFoundException">The object is gone.</exception>
    /// <exception cref="HttpRequestException">The store is away or refused.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length) return 0;
        _content ??= await store.OpenReadAsync(key, _position, cancellationToken);
        var read = await _content.ReadAsync(buffer, cancellationToken);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("An object is read asynchronously.");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _content?.Dispose();
        base.Dispose(disposing);
    }
}
