using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Minio;
using Minio.DataModel.Args;

namespace SimulationManager.Core.Storage;

/// <summary>Bag bundles in an S3 bucket, through calls that every S3-compatible store has.</summary>
/// <param name="client">Talks to the store.</param>
/// <param name="options">Where bundles are kept.</param>
/// <param name="signer">Signs download addresses when browsers reach the store under another address than we do.</param>
public sealed class BundleStore(IMinioClient client, BundleStoreOptions options, IMinioClient? signer = null)
{
    private const int CopyBuffer = 128 * 1024;

    /// <summary>Until when a transfer of ours must have begun.</summary>
    private static readonly TimeSpan TransferLifetime = TimeSpan.FromMinutes(15);

    // Gigabytes take their time; whoever waits for them gives up by cancelling.
    private static readonly HttpClient Streaming = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Creates the bucket when it is not there.</summary>
    public async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        if (await client.BucketExistsAsync(new BucketExistsArgs().WithBucket(options.Bucket), cancellationToken)) return;
        await client.MakeBucketAsync(new MakeBucketArgs().WithBucket(options.Bucket), cancellationToken);
    }

    /// <summary>Stores <paramref name="size"/> bytes of <paramref name="content"/>. They are streamed; what is too large for that goes up in parts.</summary>
    /// <exception cref="HttpRequestException">The store is away or refused.</exception>
    public async Task PutAsync(string key, Stream content, long size, string contentType, CancellationToken cancellationToken)
    {
        if (size > options.LargestPutBytes)
        {
            // Each part is held in memory whole.
            var parts = new PutObjectArgs().WithBucket(options.Bucket).WithObject(key).WithStreamData(content).WithObjectSize(size).WithContentType(contentType);
            await client.PutObjectAsync(parts, cancellationToken);
            return;
        }

        var address = await PresignPutAsync(client, key, TransferLifetime);
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new StreamContent(content, CopyBuffer) };
        request.Content.Headers.ContentLength = size;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var response = await Streaming.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Copies an object to a local file, which appears only once it is complete.</summary>
    /// <exception cref="BundleNotFoundException">The object is gone.</exception>
    public async Task DownloadAsync(string key, string path, CancellationToken cancellationToken)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            await using (var file = File.Create(partial)) await CopyToAsync(key, file, cancellationToken);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Copies an object's bytes to a stream.</summary>
    /// <exception cref="BundleNotFoundException">The object is gone.</exception>
    /// <exception cref="HttpRequestException">The store is away or refused.</exception>
    public async Task CopyToAsync(string key, Stream target, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(key, null, cancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(target, cancellationToken);
    }

    /// <summary>Copies a part of an object to a stream.</summary>
    /// <param name="key">The object.</param>
    /// <param name="position">First byte.</param>
    /// <param name="length">Bytes, at least one.</param>
    /// <param name="target">Where they go; fewer when the object ends before.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>Bytes of the whole object.</returns>
    /// <exception cref="BundleNotFoundException">The object is gone.</exception>
    /// <exception cref="HttpRequestException">The store is away or refused.</exception>
    public async Task<long> CopyRangeAsync(string key, long position, long length, Stream target, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(key, new RangeHeaderValue(position, position + length - 1), cancellationToken);
        if (response.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            response.EnsureSuccessStatusCode();
            if (response.StatusCode != HttpStatusCode.PartialContent) throw new HttpRequestException("The object store does not send parts of objects.");
            await response.Content.CopyToAsync(target, cancellationToken);
        }

        return response.Content.Headers.ContentRange?.Length ?? throw new HttpRequestException("The object store does not say how large the object is.");
    }

    /// <summary>An object's bytes from a place on. Dispose the stream.</summary>
    /// <exception cref="BundleNotFoundException">The object is gone.</exception>
    /// <exception cref="HttpRequestException">The store is away or refused.</exception>
    internal async Task<Stream> OpenReadAsync(string key, long position, CancellationToken cancellationToken)
    {
        var response = await GetAsync(key, new RangeHeaderValue(position, null), cancellationToken);
        try
        {
            response.EnsureSuccessStatusCode();
            if (position > 0 && response.StatusCode != HttpStatusCode.PartialContent) throw new HttpRequestException("The object store does not send parts of objects.");
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Removes an object; removing one that is not there is no error.</summary>
    public Task RemoveAsync(string key, CancellationToken cancellationToken) =>
        client.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(options.Bucket).WithObject(key), cancellationToken);

    /// <summary>Every object whose key starts with <paramref name="prefix"/>.</summary>
    public async IAsyncEnumerable<StoredObject> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var arguments = new ListObjectsArgs().WithBucket(options.Bucket).WithPrefix(prefix).WithRecursive(true);
        await foreach (var item in client.ListObjectsEnumAsync(arguments, cancellationToken))
        {
            if (!item.IsDir) yield return new StoredObject(item.Key, (long)item.Size, item.LastModifiedDateTime);
        }
    }

    /// <summary>Whether the bucket can be reached.</summary>
    public Task<bool> IsReachableAsync(CancellationToken cancellationToken) =>
        client.BucketExistsAsync(new BucketExistsArgs().WithBucket(options.Bucket), cancellationToken);

    /// <summary>An address to which a browser can send one object (PUT) with no header.</summary>
    public Task<string> PresignUploadAsync(string key, TimeSpan lifetime) => PresignPutAsync(signer ?? client, key, lifetime);

    /// <summary>An address that a browser can fetch with no header for <see cref="BundleStoreOptions.DownloadLifetime"/>.</summary>
    public Task<string> PresignDownloadAsync(string key, string fileName) =>
        (signer ?? client).PresignedGetObjectAsync(
            new PresignedGetObjectArgs()
                .WithBucket(options.Bucket)
                .WithObject(key)
                .WithExpiry((int)options.DownloadLifetime.TotalSeconds)
                .WithHeaders(new Dictionary<string, string>
                {
                    ["response-content-disposition"] = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(fileName)}",
                }));

    private async Task<HttpResponseMessage> GetAsync(string key, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        // Not by the client's own call: when the store answers an error it throws NullReferenceException.
        var address = await client.PresignedGetObjectAsync(
            new PresignedGetObjectArgs().WithBucket(options.Bucket).WithObject(key).WithExpiry((int)TransferLifetime.TotalSeconds));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = range;
        var response = await Streaming.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound) return response;
        response.Dispose();
        throw new BundleNotFoundException(key);
    }

    private Task<string> PresignPutAsync(IMinioClient by, string key, TimeSpan lifetime) =>
        by.PresignedPutObjectAsync(new PresignedPutObjectArgs().WithBucket(options.Bucket).WithObject(key).WithExpiry((int)lifetime.TotalSeconds));
}

/// <summary>One object of the bucket.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Size">Bytes.</param>
/// <param name="LastModified">When it was stored; null when the store does not say.</param>
public sealed record StoredObject(string Key, long Size, DateTime? LastModified);

/// <summary>Where bundles are kept.</summary>
public sealed class BundleStoreOptions
{
    public string Bucket { get; init; } = "rosbag-data";

    /// <summary>Bytes up to which an object is sent in one piece; S3 takes 5 GiB.</summary>
    public long LargestPutBytes { get; init; } = 5L * 1024 * 1024 * 1024;

    /// <summary>How long a download address works; at least an hour.</summary>
    public TimeSpan DownloadLifetime { get; init; } = TimeSpan.FromHours(12);
}

/// <summary>An object of a bundle is not in the store.</summary>
public sealed class BundleNotFoundException(string key) : Exception($"'{key}' is not in object storage.")
{
    public string Key { get; } = key;
}
