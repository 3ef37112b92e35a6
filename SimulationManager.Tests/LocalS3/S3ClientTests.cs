using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Minio;
using Minio.DataModel.Args;
using Minio.DataModel.Response;
using Minio.Exceptions;
using SimulationManager.Core.Storage;
using SimulationManager.LocalS3;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.LocalS3;

/// <summary>The built-in S3 server, driven by the client that the services use.</summary>
public sealed class S3ClientTests : IAsyncLifetime
{
    private const string Bucket = "rosbag-data";

    private const string AccessKey = "someone";
    private const string SecretKey = "password1";

    private readonly string _folder = Directory.CreateTempSubdirectory("simulationmanager-tests-").FullName;
    private readonly int _port = FreePorts.Draw();
    private readonly HttpClient _http = new();
    private WebApplication _server = null!;
    private IMinioClient _minio = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        _minio = new MinioClient().WithEndpoint("127.0.0.1", _port).WithCredentials(AccessKey, SecretKey).Build();
        await _minio.MakeBucketAsync(new MakeBucketArgs().WithBucket(Bucket), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _minio.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        _server = SimulationManager.LocalS3.Program.Build(new S3ServerOptions { DataFolder = _folder, Port = _port, AccessKey = AccessKey, SecretKey = SecretKey });
        await _server.StartAsync(Cancel);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000_000)]
    [InlineData(17_000_000)]
    public async Task Object_comes_back_byte_for_byte_whatever_its_size(int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);

        await PutAsync("bags/a b+c/로봇 1.db3", content);

        Assert.Equal(content, await GetAsync("bags/a b+c/로봇 1.db3"));
    }

    /// <summary>As a whole, and in the parts that an object goes up in which is too large for that.</summary>
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1)]
    public async Task Bundle_store_streams_a_file_or_sends_it_in_parts(long largestPut)
    {
        var store = new BundleStore(_minio, new BundleStoreOptions { Bucket = Bucket, LargestPutBytes = largestPut });
        var content = RandomNumberGenerator.GetBytes(17_000_000);

        await store.PutAsync("templates/1/0.db3", new MemoryStream(content), content.Length, "application/octet-stream", Cancel);

        var stat = await _minio.StatObjectAsync(new StatObjectArgs().WithBucket(Bucket).WithObject("templates/1/0.db3"), Cancel);
        Assert.Equal((content.Length, "application/octet-stream"), (stat.Size, stat.ContentType));
        Assert.Equal(content, await GetAsync("templates/1/0.db3"));
        await Assert.ThrowsAnyAsync<Exception>(() => new BundleStore(_minio, new BundleStoreOptions { Bucket = "nowhere", LargestPutBytes = largestPut })
            .PutAsync("x", new MemoryStream(content), content.Length, "application/octet-stream", Cancel));
    }

    [Fact]
    public async Task Stat_tells_size_type_and_metadata()
    {
        await _minio.PutObjectAsync(
            new PutObjectArgs().WithBucket(Bucket).WithObject("x.yaml").WithStreamData(new MemoryStream("hello"u8.ToArray())).WithObjectSize(5)
                .WithContentType("application/yaml").WithHeaders(new Dictionary<string, string> { ["x-amz-meta-robot"] = "turtle" }), Cancel);

        var stat = await _minio.StatObjectAsync(new StatObjectArgs().WithBucket(Bucket).WithObject("x.yaml"), Cancel);

        Assert.Equal((5, "application/yaml", "turtle"), (stat.Size, stat.ContentType, stat.MetaData["robot"]));
        Assert.Equal("5d41402abc4b2a76b9719d911017c592", stat.ETag);
    }

    [Fact]
    public async Task Get_gives_the_range_that_was_asked_for()
    {
        await PutAsync("range", "0123456789"u8.ToArray());
        var read = new MemoryStream();

        await _minio.GetObjectAsync(new GetObjectArgs().WithBucket(Bucket).WithObject("range").WithOffsetAndLength(3, 4).WithCallbackStream((stream, token) => stream.CopyToAsync(read, token)), Cancel);

        Assert.Equal("3456"u8.ToArray(), read.ToArray());
    }

    [Fact]
    public async Task List_gives_every_key_below_a_prefix_page_by_page()
    {
        var keys = Enumerable.Range(0, 1203).Select(number => $"many/{number:D5}").ToList();
        await Parallel.ForEachAsync(keys, Cancel, async (key, _) => await PutAsync(key, [1]));
        await PutAsync("other/1", [1]);

        Assert.Equal(keys, await ListAsync("many/", recursive: true));
        Assert.Equal(["many/", "other/"], await ListAsync("", recursive: false));
    }

    [Fact]
    public async Task Remove_takes_one_object_and_many()
    {
        foreach (var key in new[] { "a", "b/1", "b/2", "c<&>\"" })
            await PutAsync(key, [1]);

        await _minio.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(Bucket).WithObject("a"), Cancel);
        await _minio.RemoveObjectsAsync(new RemoveObjectsArgs().WithBucket(Bucket).WithObjects(["b/1", "c<&>\"", "never-there"]), Cancel);

        Assert.Equal(["b/2"], await ListAsync("", recursive: true));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => _minio.StatObjectAsync(new StatObjectArgs().WithBucket(Bucket).WithObject("a"), Cancel));
    }

    [Fact]
    public async Task Presigned_addresses_put_and_get_without_other_credentials()
    {
        var put = await _minio.PresignedPutObjectAsync(new PresignedPutObjectArgs().WithBucket(Bucket).WithObject("pre signed/ü").WithExpiry(60));
        var get = await _minio.PresignedGetObjectAsync(new PresignedGetObjectArgs().WithBucket(Bucket).WithObject("pre signed/ü").WithExpiry(60));

        using var answer = await _http.PutAsync(put, new ByteArrayContent([1, 2, 3]), Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([1, 2, 3], await _http.GetByteArrayAsync(get, Cancel));
    }

    [Fact]
    public async Task Copy_keeps_content_and_metadata()
    {
        await PutAsync("from", [1, 2]);

        await _minio.CopyObjectAsync(
            new CopyObjectArgs().WithBucket(Bucket).WithObject("to/copy").WithCopyObjectSource(new CopySourceObjectArgs().WithBucket(Bucket).WithObject("from")), Cancel);

        Assert.Equal([1, 2], await GetAsync("to/copy"));
    }

    [Fact]
    public async Task Object_whose_file_was_deleted_by_hand_is_not_there()
    {
        await PutAsync("bags/1.db3", RandomNumberGenerator.GetBytes(100));
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)) File.Delete(file);

        using var answer = await _http.GetAsync(await _minio.PresignedGetObjectAsync(new PresignedGetObjectArgs().WithBucket(Bucket).WithObject("bags/1.db3").WithExpiry(60)), Cancel);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Objects_are_there_again_when_the_server_was_restarted()
    {
        await PutAsync("kept/1", [7]);
        await _server.DisposeAsync();

        await StartAsync();

        Assert.Equal([7], await GetAsync("kept/1"));
    }

    [Fact]
    public async Task Bucket_is_removed_only_when_empty()
    {
        await PutAsync("x", [1]);
        await Assert.ThrowsAnyAsync<MinioException>(() => _minio.RemoveBucketAsync(new RemoveBucketArgs().WithBucket(Bucket), Cancel));
        await _minio.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(Bucket).WithObject("x"), Cancel);

        await _minio.RemoveBucketAsync(new RemoveBucketArgs().WithBucket(Bucket), Cancel);

        Assert.False(await _minio.BucketExistsAsync(new BucketExistsArgs().WithBucket(Bucket), Cancel));
    }

    private Task<PutObjectResponse> PutAsync(string key, byte[] content) => _minio.PutObjectAsync(
        new PutObjectArgs().WithBucket(Bucket).WithObject(key).WithStreamData(new MemoryStream(content)).WithObjectSize(content.Length), Cancel);

    private async Task<byte[]> GetAsync(string key)
    {
        var read = new MemoryStream();
        await _minio.GetObjectAsync(new GetObjectArgs().WithBucket(Bucket).WithObject(key).WithCallbackStream((stream, token) => stream.CopyToAsync(read, token)), Cancel);
        return read.ToArray();
    }

    private async Task<List<string>> ListAsync(string prefix, bool recursive)
    {
        var keys = new List<string>();
        await foreach (var item in _minio.ListObjectsEnumAsync(new ListObjectsArgs().WithBucket(Bucket).WithPrefix(prefix).WithRecursive(recursive), Cancel))
            keys.Add(item.Key);
        return keys;
    }
}
