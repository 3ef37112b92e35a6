using System.Globalization;
using System.Net;
using System.Text;
using SimulationManager.LocalS3;
using SimulationManager.LocalS3.Signing;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.LocalS3;

/// <summary>The built-in S3 server by raw HTTP: what it must refuse, and what clients other than Minio's send.</summary>
public sealed class S3RequestTests : IAsyncLifetime
{
    private const string AccessKey = "key";
    private const string SecretKey = "secret";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "simulationmanager-tests", Guid.NewGuid().ToString("N"));
    private readonly HttpClient _http = new();
    private readonly int _port = FreePorts.Draw();
    private Microsoft.AspNetCore.Builder.WebApplication _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = SimulationManager.LocalS3.Program.Build(new S3ServerOptions { DataFolder = _folder, Port = _port, AccessKey = AccessKey, SecretKey = SecretKey });
        await _server.StartAsync(Cancel);
        await SendAsync(HttpMethod.Put, "/bucket");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Request_without_signature_is_denied()
    {
        using var answer = await _http.GetAsync($"http://127.0.0.1:{_port}/bucket/x", Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("<Code>AccessDenied</Code>", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other", SecretKey, 0, "InvalidAccessKeyId")]
    [InlineData(AccessKey, "wrong", 0, "SignatureDoesNotMatch")]
    [InlineData(AccessKey, SecretKey, -20, "RequestTimeTooSkewed")]
    [InlineData(AccessKey, SecretKey, 20, "RequestTimeTooSkewed")]
    public async Task Request_signed_by_another_or_at_another_time_is_denied(string accessKey, string secretKey, int minutes, string code)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/bucket", accessKey: accessKey, secretKey: secretKey, age: TimeSpan.FromMinutes(minutes));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains($"<Code>{code}</Code>", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_differs_from_its_signed_hash_is_refused_and_not_stored()
    {
        using var answer = await SendAsync(HttpMethod.Put, "/bucket/x", "content"u8.ToArray(), payloadHash: SignatureV4.Hash("other"));
        using var stored = await SendAsync(HttpMethod.Get, "/bucket/x");

        Assert.Contains("XAmzContentSHA256Mismatch", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, stored.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Chunk_that_was_changed_on_the_way_is_refused(bool isChanged)
    {
        using var answer = await SendChunkedAsync("/bucket/chunked", ["first "u8.ToArray(), "second"u8.ToArray()], isChanged);
        using var stored = await SendAsync(HttpMethod.Get, "/bucket/chunked");

        Assert.Equal(isChanged ? HttpStatusCode.Forbidden : HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(isChanged ? "" : "first second", stored.IsSuccessStatusCode ? await stored.Content.ReadAsStringAsync(Cancel) : "");
    }

    [Theory]
    [InlineData("x-amz-checksum-crc32:y/Q5Jg==", HttpStatusCode.OK)]
    [InlineData("x-amz-checksum-crc32c:4waSgw==", HttpStatusCode.OK)]
    [InlineData("x-amz-checksum-crc64nvme:rosUhgp5mIg=", HttpStatusCode.OK)]
    [InlineData("x-amz-checksum-crc32:AAAAAA==", HttpStatusCode.BadRequest)]
    public async Task Trailing_checksum_decides_whether_an_unsigned_stream_is_stored(string trailer, HttpStatusCode expected)
    {
        var body = Encoding.ASCII.GetBytes($"9\r\n123456789\r\n0\r\n{trailer}\r\n\r\n");
        var headers = new Dictionary<string, string> { ["x-amz-decoded-content-length"] = "9", ["x-amz-trailer"] = trailer.Split(':')[0] };

        using var answer = await SendAsync(HttpMethod.Put, "/bucket/trailer", body, payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers: headers);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("./.")]
    [InlineData("/leading//double/")]
    [InlineData("con\u0001trol \\ : * ? \" < > |")]
    [InlineData("..%2f..%2fetc")]
    public async Task Hostile_key_is_a_name_and_nothing_else(string key)
    {
        using var put = await SendAsync(HttpMethod.Put, "/bucket/" + key, "x"u8.ToArray());
        using var get = await SendAsync(HttpMethod.Get, "/bucket/" + key);
        using var list = await SendAsync(HttpMethod.Get, "/bucket", query: [new("encoding-type", "url"), new("list-type", "2")]);

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("x", await get.Content.ReadAsStringAsync(Cancel));
        Assert.Contains($"<Key>{UriEncoding.Encode(key, keepSlash: true)}</Key>", await list.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), path => Assert.StartsWith(_folder, path, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("UPPER")]
    [InlineData("a")]
    [InlineData("dots..dots")]
    public async Task Bucket_with_a_bad_name_is_refused(string name)
    {
        using var answer = await SendAsync(HttpMethod.Put, "/" + name);

        Assert.Contains("InvalidBucketName", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3600, 0, HttpStatusCode.OK)]
    [InlineData(60, 61, HttpStatusCode.Forbidden)]
    [InlineData(700_000, 0, HttpStatusCode.BadRequest)]
    public async Task Presigned_address_is_good_for_its_time_only(int expires, int ageSeconds, HttpStatusCode expected)
    {
        await SendAsync(HttpMethod.Put, "/bucket/signed", "x"u8.ToArray());

        using var answer = await _http.GetAsync(Presign("/bucket/signed", expires, TimeSpan.FromSeconds(ageSeconds)), Cancel);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Presigned_address_is_good_for_its_object_only()
    {
        await SendAsync(HttpMethod.Put, "/bucket/other", "x"u8.ToArray());

        using var answer = await _http.GetAsync(Presign("/bucket/signed", 60, default).Replace("/bucket/signed", "/bucket/other", StringComparison.Ordinal), Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("bytes=2-4", HttpStatusCode.PartialContent, "234")]
    [InlineData("bytes=7-", HttpStatusCode.PartialContent, "789")]
    [InlineData("bytes=-2", HttpStatusCode.PartialContent, "89")]
    [InlineData("bytes=0-99", HttpStatusCode.PartialContent, "0123456789")]
    [InlineData("bytes=5-2", HttpStatusCode.OK, "0123456789")]
    public async Task Range_gives_those_bytes(string range, HttpStatusCode status, string expected)
    {
        await SendAsync(HttpMethod.Put, "/bucket/range", "0123456789"u8.ToArray());

        using var answer = await SendAsync(HttpMethod.Get, "/bucket/range", headers: new() { ["Range"] = range });

        Assert.Equal((status, expected), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
    }

    [Fact]
    public async Task Conditions_are_kept_on_reading_and_writing()
    {
        using var first = await SendAsync(HttpMethod.Put, "/bucket/once", "x"u8.ToArray(), headers: new() { ["If-None-Match"] = "*" });
        using var second = await SendAsync(HttpMethod.Put, "/bucket/once", "y"u8.ToArray(), headers: new() { ["If-None-Match"] = "*" });
        using var unchanged = await SendAsync(HttpMethod.Get, "/bucket/once", headers: new() { ["If-None-Match"] = first.Headers.ETag!.ToString() });
        using var changed = await SendAsync(HttpMethod.Get, "/bucket/once", headers: new() { ["If-Match"] = "\"0\"" });

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotModified, HttpStatusCode.PreconditionFailed],
            new[] { first, second, unchanged, changed }.Select(answer => answer.StatusCode));
    }

    [Fact]
    public async Task Part_below_the_smallest_size_does_not_make_an_object()
    {
        using var begun = await SendAsync(HttpMethod.Post, "/bucket/parts", query: [new("uploads", "")]);
        var id = System.Xml.Linq.XElement.Parse(await begun.Content.ReadAsStringAsync(Cancel)).Elements().Single(element => element.Name.LocalName == "UploadId").Value;
        var tags = new List<string>();
        foreach (var number in new[] { "1", "2" })
        {
            using var part = await SendAsync(HttpMethod.Put, "/bucket/parts", "x"u8.ToArray(), query: [new("partNumber", number), new("uploadId", id)]);
            tags.Add(part.Headers.ETag!.ToString());
        }

        var document = $"<CompleteMultipartUpload>{string.Concat(tags.Select((tag, index) => $"<Part><PartNumber>{index + 1}</PartNumber><ETag>{tag}</ETag></Part>"))}</CompleteMultipartUpload>";
        using var complete = await SendAsync(HttpMethod.Post, "/bucket/parts", Encoding.UTF8.GetBytes(document), query: [new("uploadId", id)]);
        using var aborted = await SendAsync(HttpMethod.Delete, "/bucket/parts", query: [new("uploadId", id)]);
        using var gone = await SendAsync(HttpMethod.Get, "/bucket/parts", query: [new("uploadId", id)]);

        Assert.Contains("EntityTooSmall", await complete.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (aborted.StatusCode, gone.StatusCode));
    }

    [Fact]
    public async Task Browser_of_another_origin_is_let_in()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, $"http://127.0.0.1:{_port}/bucket/x");
        request.Headers.Add("Origin", "http://portal.example");
        request.Headers.Add("Access-Control-Request-Method", "PUT");
        request.Headers.Add("Access-Control-Request-Headers", "content-type");

        using var answer = await _http.SendAsync(request, Cancel);

        Assert.Equal("http://portal.example", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("PUT", answer.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> SendChunkedAsync(string path, byte[][] chunks, bool isChanged)
    {
        string Body(SignatureV4 signer, string seed)
        {
            var body = new StringBuilder();
            foreach (var chunk in chunks.Append([]))
            {
                var text = Encoding.ASCII.GetString(chunk);
                seed = signer.SignChunk(seed, SignatureV4.Hash(text));
                body.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x};chunk-signature={seed}\r\n{(isChanged ? text.Replace('s', 'S') : text)}\r\n");
            }

            return body.ToString();
        }

        var headers = new Dictionary<string, string> { ["x-amz-decoded-content-length"] = chunks.Sum(chunk => chunk.Length).ToString(CultureInfo.InvariantCulture) };
        return SendAsync(HttpMethod.Put, path, payloadHash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", headers: headers, makeBody: Body);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, byte[]? body = null, KeyValuePair<string, string>[]? query = null, Dictionary<string, string>? headers = null,
        string accessKey = AccessKey, string secretKey = SecretKey, TimeSpan age = default, string? payloadHash = null, Func<SignatureV4, string, string>? makeBody = null)
    {
        var timestamp = (DateTimeOffset.UtcNow - age).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var hash = payloadHash ?? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body ?? []));
        var signed = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["host"] = $"127.0.0.1:{_port}", ["x-amz-content-sha256"] = hash, ["x-amz-date"] = timestamp };
        foreach (var (name, value) in (headers ?? []).Where(header => header.Key.StartsWith("x-amz", StringComparison.Ordinal)))
            signed[name] = value;

        var (scope, signer) = Signer(accessKey, secretKey, timestamp);
        var canonicalQuery = CanonicalQuery(query ?? []);
        var names = string.Join(';', signed.Keys);
        var signature = signer.SignRequest($"{method}\n{UriEncoding.Encode(path, keepSlash: true)}\n{canonicalQuery}\n{string.Concat(signed.Select(pair => $"{pair.Key}:{pair.Value}\n"))}\n{names}\n{hash}");

        using var request = new HttpRequestMessage(method, RawUri($"{UriEncoding.Encode(path, keepSlash: true)}?{canonicalQuery}"));
        foreach (var (name, value) in signed.Skip(1).Concat(headers ?? []))
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={accessKey}/{scope}, SignedHeaders={names}, Signature={signature}");
        if (makeBody is not null)
            body = Encoding.ASCII.GetBytes(makeBody(signer, signature));
        request.Content = body is null ? null : new ByteArrayContent(body);
        return await _http.SendAsync(request, Cancel);
    }

    private string Presign(string path, int expires, TimeSpan age)
    {
        var timestamp = (DateTimeOffset.UtcNow - age).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var (scope, signer) = Signer(AccessKey, SecretKey, timestamp);
        var query = CanonicalQuery([
            new("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), new("X-Amz-Credential", $"{AccessKey}/{scope}"), new("X-Amz-Date", timestamp),
            new("X-Amz-Expires", expires.ToString(CultureInfo.InvariantCulture)), new("X-Amz-SignedHeaders", "host")]);
        var signature = signer.SignRequest($"GET\n{path}\n{query}\nhost:127.0.0.1:{_port}\n\nhost\nUNSIGNED-PAYLOAD");
        return $"http://127.0.0.1:{_port}{path}?{query}&X-Amz-Signature={signature}";
    }

    private static (CredentialScope Scope, SignatureV4 Signer) Signer(string accessKey, string secretKey, string timestamp)
    {
        var scope = new CredentialScope(accessKey, timestamp[..8], "us-east-1", "s3");
        return (scope, new SignatureV4(secretKey, scope, timestamp));
    }

    private static string CanonicalQuery(KeyValuePair<string, string>[] query) => string.Join('&', query
        .Select(pair => $"{UriEncoding.Encode(pair.Key, keepSlash: false)}={UriEncoding.Encode(pair.Value, keepSlash: false)}").Order(StringComparer.Ordinal));

    /// <summary>Without the clean-up that would take <c>..</c> out of a key.</summary>
    private Uri RawUri(string pathAndQuery) =>
        new($"http://127.0.0.1:{_port}{pathAndQuery}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
