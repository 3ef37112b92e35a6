using System.Globalization;
using System.Security.Cryptography;
using System.Xml;
using System.Xml.Linq;
using SimulationManager.LocalS3.Signing;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;

namespace SimulationManager.LocalS3.Http;

/// <summary>A request's content, out of whatever framing it was sent in, with everything that was promised about it.</summary>
internal sealed class RequestBody : IAsyncDisposable
{
    private const int LargestXml = 2 * 1024 * 1024;

    private readonly HttpRequest _request;
    private readonly VerifiedRequest _verified;
    private readonly AwsChunkedStream? _chunked;
    private readonly List<(string Name, Checksum Checksum, string? Expected)> _checksums = [];
    private readonly long? _length;
    private readonly IncrementalHash? _payloadHash;

    public RequestBody(HttpRequest request, VerifiedRequest verified)
    {
        _request = request;
        _verified = verified;
        var mode = verified.PayloadHash;
        if (mode.StartsWith("STREAMING-", StringComparison.Ordinal))
        {
            if (mode is not ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" or "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" or "STREAMING-UNSIGNED-PAYLOAD-TRAILER"))
                throw S3Error.NotImplemented(mode);
            _chunked = new AwsChunkedStream(
                request.Body, verified, isSigned: !mode.Contains("UNSIGNED", StringComparison.Ordinal), hasTrailer: mode.EndsWith("TRAILER", StringComparison.Ordinal));
            _length = long.TryParse(request.Headers["x-amz-decoded-content-length"], NumberStyles.None, CultureInfo.InvariantCulture, out var decoded)
                ? decoded
                : throw new S3Error(411, "MissingContentLength", "You must provide the x-amz-decoded-content-length header.");
        }
        else
        {
            _length = request.ContentLength;
            if (mode != RequestAuthenticator.UnsignedPayload)
                _payloadHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }

        AddChecksums();
    }

    public Stream Content => _chunked ?? _request.Body;

    public ContentChecks Checks => new()
    {
        OnBytes = bytes =>
        {
            _payloadHash?.AppendData(bytes);
            foreach (var (_, checksum, _) in _checksums)
                checksum.Append(bytes);
        },
        OnComplete = Verify,
    };

    /// <summary>Reads a small XML document.</summary>
    /// <exception cref="S3Error">Too big, not well-formed, or not what was signed.</exception>
    public async Task<XElement> ReadXmlAsync(CancellationToken cancellationToken)
    {
        var copy = new MemoryStream();
        var buffer = new byte[16 * 1024];
        using var md5 = ObjectFile.NewETagHash();
        int count;
        while ((count = await Content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + count > LargestXml)
                throw new S3Error(400, "EntityTooLarge", "The request's document is too large.");
            md5.AppendData(buffer, 0, count);
            Checks.OnBytes!(buffer.AsSpan(0, count));
            copy.Write(buffer, 0, count);
        }

        Verify(md5.GetHashAndReset(), copy.Length);
        copy.Position = 0;
        try
        {
            using var reader = XmlReader.Create(copy, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CheckCharacters = false });
            return XElement.Load(reader);
        }
        catch (XmlException)
        {
            throw S3Error.MalformedXml();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _payloadHash?.Dispose();
        if (_chunked is not null)
            await _chunked.DisposeAsync().ConfigureAwait(false);
    }

    private void AddChecksums()
    {
        var sent = _request.Headers.Where(header => header.Key.StartsWith(Checksum.HeaderPrefix, StringComparison.OrdinalIgnoreCase))
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: (string?)header.Value.ToString()));
        var trailing = _request.Headers["x-amz-trailer"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(name => (Name: name.ToLowerInvariant(), Value: (string?)null));
        foreach (var (name, value) in sent.Concat(trailing).Where(pair => pair.Name.StartsWith(Checksum.HeaderPrefix, StringComparison.Ordinal)))
        {
            if (Checksum.For(name[Checksum.HeaderPrefix.Length..]) is { } checksum)
                _checksums.Add((name, checksum, value));
        }
    }

    private void Verify(byte[] md5, long size)
    {
        if (_length is { } promised && promised != size)
            throw S3Error.IncompleteBody();
        if (_payloadHash is not null && !SignatureV4.AreEqual(Convert.ToHexStringLower(_payloadHash.GetHashAndReset()), _verified.PayloadHash.ToLowerInvariant()))
            throw new S3Error(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        if (_request.Headers["Content-MD5"].ToString() is { Length: > 0 } expected && expected != Convert.ToBase64String(md5))
            throw S3Error.BadDigest("Content-MD5");
        foreach (var (name, checksum, value) in _checksums)
        {
            var computed = Convert.ToBase64String(checksum.Finish());
            if ((value ?? _chunked?.Trailers.GetValueOrDefault(name)) is { } wanted && wanted != computed)
                throw S3Error.BadDigest(name);
        }
    }
}
