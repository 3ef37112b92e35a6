using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SimulationManager.LocalS3.Http;
using Microsoft.AspNetCore.Http;

namespace SimulationManager.LocalS3.Signing;

/// <summary>A request whose signature was verified.</summary>
/// <param name="PayloadHash">The declared hash of the body, or how the body is streamed.</param>
/// <param name="Signature">The seed of the chunk signatures.</param>
/// <param name="Signer">Verifies the chunks of a streamed body.</param>
internal sealed record VerifiedRequest(string PayloadHash, string Signature, SignatureV4 Signer);

/// <summary>Verifies Signature Version 4 in the Authorization header or in a presigned URL.</summary>
internal sealed partial class RequestAuthenticator(S3ServerOptions options, TimeProvider clock)
{
    public const string UnsignedPayload = "UNSIGNED-PAYLOAD";

    private const string TimestampFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int LongestExpirySeconds = 7 * 24 * 3600;

    private static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(15);

    /// <exception cref="S3Error">The request is not signed, or not by us, or not now.</exception>
    public VerifiedRequest Verify(HttpRequest request, RequestTarget target)
    {
        if (target.Value("X-Amz-Algorithm") is { } algorithm)
            return VerifyPresigned(request, target, algorithm);
        return request.Headers.Authorization.ToString() is { Length: > 0 } header
            ? VerifyHeader(request, target, header)
            : throw S3Error.AccessDenied();
    }

    private VerifiedRequest VerifyHeader(HttpRequest request, RequestTarget target, string header)
    {
        if (HeaderPattern().Match(header) is not { Success: true } match)
            throw new S3Error(400, "AuthorizationHeaderMalformed", $"The authorization header is malformed; only {SignatureV4.Algorithm} is supported.");
        var timestamp = request.Headers["x-amz-date"].ToString() is { Length: > 0 } own ? own : HttpDate(request);
        var signedAt = ParseTimestamp(timestamp);
        if ((clock.GetUtcNow() - signedAt).Duration() > AllowedSkew)
            throw new S3Error(403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.");

        var payloadHash = request.Headers["x-amz-content-sha256"].ToString() is { Length: > 0 } declared
            ? declared
            : throw S3Error.InvalidRequest("Missing required header for this request: x-amz-content-sha256.");
        return Verify(request, target, match.Groups["credential"].Value, timestamp, match.Groups["headers"].Value, match.Groups["signature"].Value, payloadHash);
    }

    private VerifiedRequest VerifyPresigned(HttpRequest request, RequestTarget target, string algorithm)
    {
        if (algorithm != SignatureV4.Algorithm
            || target.Value("X-Amz-Credential") is not { } credential || target.Value("X-Amz-Date") is not { } timestamp
            || target.Value("X-Amz-SignedHeaders") is not { } headers || target.Value("X-Amz-Signature") is not { } signature
            || !int.TryParse(target.Value("X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            throw new S3Error(400, "AuthorizationQueryParametersError", "A presigned URL needs X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature.");
        }

        if (seconds is < 1 or > LongestExpirySeconds)
            throw new S3Error(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and 604800 seconds.");
        var signedAt = ParseTimestamp(timestamp);
        if (signedAt - clock.GetUtcNow() > AllowedSkew)
            throw S3Error.AccessDenied("The request is not valid yet.");
        if (clock.GetUtcNow() > signedAt.AddSeconds(seconds))
            throw S3Error.AccessDenied("Request has expired.");

        var declared = target.Value("X-Amz-Content-Sha256") ?? request.Headers["x-amz-content-sha256"].ToString();
        return Verify(request, target, credential, timestamp, headers, signature, declared.Length > 0 ? declared : UnsignedPayload);
    }

    private VerifiedRequest Verify(
        HttpRequest request, RequestTarget target, string credential, string timestamp, string headerList, string signature, string payloadHash)
    {
        var scope = CredentialScope.Parse(credential);
        if (!SignatureV4.AreEqual(scope.AccessKey, options.AccessKey))
            throw new S3Error(403, "InvalidAccessKeyId", "The access key id you provided does not exist in our records.");
        if (scope.Service != "s3" || !timestamp.StartsWith(scope.Date, StringComparison.Ordinal))
            throw new S3Error(400, "AuthorizationHeaderMalformed", "The credential's date or service does not fit the request.");

        var signedHeaders = headerList.Split(';');
        CheckSignedHeaders(request, signedHeaders);
        var signer = new SignatureV4(options.SecretKey, scope, timestamp);
        if (!SignatureV4.AreEqual(signer.SignRequest(Canonical(request, target, signedHeaders, payloadHash)), signature))
            throw new S3Error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.");
        return new VerifiedRequest(payloadHash, signature, signer);
    }

    /// <summary>A header that steers S3 and is not signed could have been added by somebody else.</summary>
    private static void CheckSignedHeaders(HttpRequest request, string[] signedHeaders)
    {
        if (!signedHeaders.Contains("host"))
            throw S3Error.AccessDenied("The host header must be signed.");
        var unsigned = request.Headers.Keys.Select(name => name.ToLowerInvariant())
            .Where(name => name.StartsWith("x-amz-", StringComparison.Ordinal) && name != "x-amz-content-sha256" && !signedHeaders.Contains(name)).ToList();
        if (unsigned.Count > 0)
            throw S3Error.AccessDenied($"There were headers present in the request which were not signed: {string.Join(", ", unsigned)}.");
    }

    private static string Canonical(HttpRequest request, RequestTarget target, string[] signedHeaders, string payloadHash)
    {
        var query = target.Query.Where(pair => pair.Key != "X-Amz-Signature")
            .Select(pair => (Name: UriEncoding.Encode(pair.Key, keepSlash: false), Value: UriEncoding.Encode(pair.Value, keepSlash: false)))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}");
        var text = new StringBuilder()
            .Append(request.Method).Append('\n')
            .Append(UriEncoding.Encode(target.Path, keepSlash: true)).Append('\n')
            .Append(string.Join('&', query)).Append('\n');
        foreach (var name in signedHeaders)
            text.Append(name).Append(':').Append(string.Join(',', request.Headers[name].Select(value => Spaces().Replace((value ?? "").Trim(), " ")))).Append('\n');
        return text.Append('\n').Append(string.Join(';', signedHeaders)).Append('\n').Append(payloadHash).ToString();
    }

    private static DateTimeOffset ParseTimestamp(string text) =>
        DateTimeOffset.TryParseExact(text, TimestampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw S3Error.AccessDenied("The request's date is missing or malformed; it must look like 20260131T235959Z.");

    private static string HttpDate(HttpRequest request) =>
        request.GetTypedHeaders().Date is { } date ? date.UtcDateTime.ToString(TimestampFormat, CultureInfo.InvariantCulture) : "";

    [GeneratedRegex(@"^AWS4-HMAC-SHA256 +Credential=(?<credential>[^,\s]+), *SignedHeaders=(?<headers>[^,\s]+), *Signature=(?<signature>[0-9a-f]+)$")]
    private static partial Regex HeaderPattern();

    [GeneratedRegex(" {2,}")]
    private static partial Regex Spaces();
}
