using System.Globalization;
using SimulationManager.LocalS3.Signing;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using static SimulationManager.LocalS3.Http.XmlAnswer;

namespace SimulationManager.LocalS3.Http;

/// <summary>Reading, writing, copying and deleting single objects.</summary>
internal sealed class ObjectOperations(BucketStore store)
{
    private const string MetadataPrefix = "x-amz-meta-";
    private const string CopyConditionPrefix = "x-amz-copy-source-";
    private const int LongestKey = 1024;

    private static readonly string[] KeptHeaders = ["Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"];

    public async Task GetAsync(HttpContext context, RequestTarget target)
    {
        var (stored, file) = store.Get(target.Bucket).Open(target.Key);
        await using (file.ConfigureAwait(false))
        {
            Preconditions.CheckRead(context.Request.Headers, stored);
            var range = RangeOf(context, stored);
            Describe(context.Response, stored, target, range);
            await using var content = new SlicedStream(file, range?.First ?? 0, range?.Length ?? stored.Size);
            await content.CopyToAsync(context.Response.Body, 128 * 1024, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>HTTP defines ranges for GET alone (RFC 9110, 14.2), and the Minio client takes 206 on HEAD for an error.</summary>
    public void Head(HttpContext context, RequestTarget target)
    {
        if (!store.Get(target.Bucket).TryGet(target.Key, out var stored))
            throw S3Error.NoSuchKey();
        Preconditions.CheckRead(context.Request.Headers, stored);
        Describe(context.Response, stored, target, range: null);
    }

    public async Task PutAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        CheckKey(target.Key);
        var (headers, metadata) = DescriptionOf(context.Request);
        var template = new StoredObject { Key = target.Key, Size = 0, ETag = "", LastModified = default, Headers = headers, Metadata = metadata };
        var stored = await store.Get(target.Bucket)
            .PutAsync(template, body.Content, body.Checks, Preconditions.ForWrite(context.Request.Headers), context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.ETag = $"\"{stored.ETag}\"";
    }

    public void Delete(HttpContext context, RequestTarget target)
    {
        store.Get(target.Bucket).Delete(target.Key);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task CopyAsync(HttpContext context, RequestTarget target)
    {
        CheckKey(target.Key);
        var (source, file) = OpenCopySource(context.Request);
        await using (file.ConfigureAwait(false))
        {
            var isReplacing = context.Request.Headers["x-amz-metadata-directive"].ToString() == "REPLACE";
            if (!isReplacing && IsSelfCopy(context.Request, target))
                throw S3Error.InvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing its metadata.");
            var (headers, metadata) = isReplacing ? DescriptionOf(context.Request) : (source.Headers, source.Metadata);
            var template = source with { Key = target.Key, Headers = headers, Metadata = metadata };
            await using var content = new SlicedStream(file, 0, source.Size);
            var stored = await store.Get(target.Bucket)
                .PutAsync(template, content, ContentChecks.None, default, context.RequestAborted).ConfigureAwait(false);
            await WriteAsync(context.Response, Element("CopyObjectResult", Element("LastModified", Time(stored.LastModified)), Element("ETag", $"\"{stored.ETag}\"")))
                .ConfigureAwait(false);
        }
    }

    /// <summary>The object that <c>x-amz-copy-source</c> names, if its conditions hold.</summary>
    public (StoredObject Stored, FileStream Content) OpenCopySource(HttpRequest request)
    {
        var (bucket, key) = CopySourceOf(request);
        var (stored, file) = store.Get(bucket).Open(key);
        try
        {
            Preconditions.CheckRead(request.Headers, stored, CopyConditionPrefix);
            return (stored, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static void CheckKey(string key)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(key) > LongestKey)
            throw new S3Error(400, "KeyTooLongError", "Your key is too long.");
    }

    /// <summary>What the client says about the object besides its content.</summary>
    public static (Dictionary<string, string> Headers, Dictionary<string, string> Metadata) DescriptionOf(HttpRequest request)
    {
        var headers = KeptHeaders.Where(name => request.Headers.ContainsKey(name)).ToDictionary(name => name, name => request.Headers[name].ToString());
        if (headers.TryGetValue("Content-Encoding", out var encoding))
        {
            // aws-chunked is about the request, not about the object.
            headers["Content-Encoding"] = string.Join(',', encoding.Split(',', StringSplitOptions.TrimEntries).Where(each => each != "aws-chunked"));
            if (headers["Content-Encoding"].Length == 0)
                headers.Remove("Content-Encoding");
        }

        var metadata = request.Headers.Where(header => header.Key.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        return (headers, metadata);
    }

    private static bool IsSelfCopy(HttpRequest request, RequestTarget target) => CopySourceOf(request) == (target.Bucket, target.Key);

    private static (string Bucket, string Key) CopySourceOf(HttpRequest request)
    {
        var text = request.Headers["x-amz-copy-source"].ToString().Split("?versionId=")[0];
        return UriEncoding.Decode(text, plusIsSpace: false).TrimStart('/').Split('/', 2) is [var bucket, { Length: > 0 } key]
            ? (bucket, key)
            : throw S3Error.InvalidArgument("Copy source must mention the source bucket and key: sourcebucket/sourcekey.");
    }

    private static ByteRange? RangeOf(HttpContext context, StoredObject stored)
    {
        var header = context.Request.Headers.Range.ToString();
        try
        {
            return header.Length == 0 ? null : ByteRange.Parse(header, stored.Size);
        }
        catch (S3Error)
        {
            context.Response.Headers.ContentRange = $"bytes */{stored.Size.ToString(CultureInfo.InvariantCulture)}";
            throw;
        }
    }

    private static void Describe(HttpResponse response, StoredObject stored, RequestTarget target, ByteRange? range)
    {
        response.ContentType = "application/octet-stream";
        foreach (var (name, value) in stored.Headers)
            response.Headers[name] = value;
        foreach (var (name, value) in stored.Metadata)
            response.Headers[name] = value;
        foreach (var name in KeptHeaders)
        {
            if (target.Value($"response-{name.ToLowerInvariant()}") is { Length: > 0 } wanted)
                response.Headers[name] = wanted;
        }

        response.Headers.ETag = $"\"{stored.ETag}\"";
        response.Headers.LastModified = stored.LastModified.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.AcceptRanges = "bytes";
        response.ContentLength = range?.Length ?? stored.Size;
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.First}-{part.Last}/{stored.Size}");
        }
    }
}
