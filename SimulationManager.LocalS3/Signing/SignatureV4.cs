using System.Security.Cryptography;
using System.Text;

namespace SimulationManager.LocalS3.Signing;

/// <summary>What a signature is bound to: <c>key/date/region/service/aws4_request</c>.</summary>
internal sealed record CredentialScope(string AccessKey, string Date, string Region, string Service)
{
    /// <exception cref="S3Error">Not of that form.</exception>
    public static CredentialScope Parse(string text)
    {
        // The access key may itself hold slashes, so count from the end.
        var parts = text.Split('/');
        if (parts.Length < 5 || parts[^1] != "aws4_request")
            throw new S3Error(400, "AuthorizationHeaderMalformed", "The credential is malformed; expecting \"<key>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
        return new CredentialScope(string.Join('/', parts[..^4]), parts[^4], parts[^3], parts[^2]);
    }

    public override string ToString() => $"{Date}/{Region}/{Service}/aws4_request";
}

/// <summary>The computations of AWS Signature Version 4 ("Authenticating Requests" in the Amazon S3 API reference).</summary>
internal sealed class SignatureV4
{
    public const string Algorithm = "AWS4-HMAC-SHA256";
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly byte[] _signingKey;
    private readonly CredentialScope _scope;
    private readonly string _timestamp;

    public SignatureV4(string secretKey, CredentialScope scope, string timestamp)
    {
        _scope = scope;
        _timestamp = timestamp;
        var date = Hmac(Encoding.UTF8.GetBytes($"AWS4{secretKey}"), scope.Date);
        _signingKey = Hmac(Hmac(Hmac(date, scope.Region), scope.Service), "aws4_request");
    }

    public string SignRequest(string canonicalRequest) => Sign($"{Algorithm}\n{_timestamp}\n{_scope}\n{Hash(canonicalRequest)}");

    /// <summary>The signature of one chunk of a streamed payload, chained to the one before.</summary>
    public string SignChunk(string previous, string hashOfChunk) =>
        Sign($"{Algorithm}-PAYLOAD\n{_timestamp}\n{_scope}\n{previous}\n{EmptyHash}\n{hashOfChunk}");

    /// <summary>The signature of the headers that follow a streamed payload.</summary>
    public string SignTrailer(string previous, string hashOfTrailer) =>
        Sign($"AWS4-HMAC-SHA256-TRAILER\n{_timestamp}\n{_scope}\n{previous}\n{hashOfTrailer}");

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Takes the same time whatever differs.</summary>
    public static bool AreEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private string Sign(string text) => Convert.ToHexStringLower(Hmac(_signingKey, text));

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
