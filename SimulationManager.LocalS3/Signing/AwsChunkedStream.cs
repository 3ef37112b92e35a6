using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SimulationManager.LocalS3.Signing;

/// <summary>
/// Takes the content out of an <c>aws-chunked</c> body and verifies each chunk's signature as it passes, holding one buffer at most.
/// The last chunk ends the stream; the headers after it are in <see cref="Trailers"/>.
/// </summary>
internal sealed class AwsChunkedStream(Stream inner, VerifiedRequest request, bool isSigned, bool hasTrailer) : Stream
{
    private const int LongestLine = 16 * 1024;

    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _start;
    private int _end;
    private long _left;
    private string _previous = request.Signature;
    private string _expected = "";
    private bool _isInChunk;
    private bool _isLast;
    private bool _isDone;

    /// <summary>Lower-case name and value of what followed the content.</summary>
    public Dictionary<string, string> Trailers { get; } = [];

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_isDone && buffer.Length > 0)
        {
            if (!_isInChunk)
                await BeginChunkAsync(cancellationToken).ConfigureAwait(false);
            if (_left > 0)
                return await ReadContentAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (_isInChunk)
                await EndChunkAsync(cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }

    private async Task BeginChunkAsync(CancellationToken cancellationToken)
    {
        var parts = (await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Split(';', 2);
        if (!long.TryParse(parts[0].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
            throw S3Error.InvalidRequest("The chunked body is malformed.");
        _isLast = _left == 0;
        _expected = parts.Length > 1 && parts[1].StartsWith("chunk-signature=", StringComparison.Ordinal) ? parts[1]["chunk-signature=".Length..].Trim() : "";
        _isInChunk = true;
    }

    private async Task<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            if (!await TryFillAsync(cancellationToken).ConfigureAwait(false))
                throw S3Error.IncompleteBody();
        }

        var count = (int)Math.Min(Math.Min(buffer.Length, _end - _start), _left);
        _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
        if (isSigned)
            _hash.AppendData(buffer.Span[..count]);
        _start += count;
        _left -= count;
        return count;
    }

    private async Task EndChunkAsync(CancellationToken cancellationToken)
    {
        if (isSigned)
            VerifyChunk();
        _isInChunk = false;
        if (_isLast)
        {
            await ReadTrailersAsync(cancellationToken).ConfigureAwait(false);
            _isDone = true;
        }
        else if (await ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 })
        {
            throw S3Error.InvalidRequest("The chunked body is malformed.");
        }
    }

    private void VerifyChunk()
    {
        var signature = request.Signer.SignChunk(_previous, Convert.ToHexStringLower(_hash.GetHashAndReset()));
        if (!SignatureV4.AreEqual(signature, _expected))
            throw new S3Error(403, "SignatureDoesNotMatch", "The signature of a chunk does not match its content.");
        _previous = signature;
    }

    private async Task ReadTrailersAsync(CancellationToken cancellationToken)
    {
        var signature = "";
        while (await ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                throw S3Error.InvalidRequest("A trailing header is malformed.");
            var (name, value) = (line[..colon].Trim().ToLowerInvariant(), line[(colon + 1)..].Trim());
            if (name == "x-amz-trailer-signature")
                signature = value;
            else
                Trailers[name] = value;
        }

        if (!isSigned || !hasTrailer)
            return;
        var canonical = string.Concat(Trailers.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value}\n"));
        if (!SignatureV4.AreEqual(request.Signer.SignTrailer(_previous, SignatureV4.Hash(canonical)), signature))
            throw new S3Error(403, "SignatureDoesNotMatch", "The signature of the trailing headers does not match.");
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await TryFillAsync(cancellationToken).ConfigureAwait(false))
            {
                // Some clients leave out the empty line at the very end.
                return _isLast && line.Length == 0 ? "" : throw S3Error.IncompleteBody();
            }

            var letter = (char)_buffer[_start++];
            if (letter == '\n')
                return line is [.., '\r'] ? line.ToString(0, line.Length - 1) : line.ToString();
            if (line.Append(letter).Length > LongestLine)
                throw S3Error.InvalidRequest("The chunked body is malformed.");
        }
    }

    private async Task<bool> TryFillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await inner.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        return _end > 0;
    }
}
