using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.LocalS3;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Worker;

/// <summary>The cache against an object store of its own.</summary>
public sealed class BundleCacheTests : IDisposable
{
    private const string Key = "someone";
    private const string Secret = "password1";
    private const int Large = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePorts.Draw();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Failure_that_came_when_nobody_waited_any_more_is_not_the_next_callers()
    {
        PlannedFile[] files;
        await using (await StartStorageAsync()) files = await StoreAsync(Store(), "turtle", File.ReadAllBytes(Turtle));
        await using var cache = Cache(new BundleCacheOptions { FetchWithin = TimeSpan.Zero });
        using (var impatient = new CancellationTokenSource())
        {
            var opening = cache.OpenAsync(files, impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        }

        await Wait.UntilAsync(() => !cache.Contains(files), TimeSpan.FromSeconds(30), "the fetch to have failed");
        await using var storage = await StartStorageAsync();
        using var lease = await cache.OpenAsync(files, Cancellation);

        Assert.Equal(113, lease.Recording.TimelineOf(["/turtle1/cmd_vel"]).Count);
    }

    [Fact]
    public async Task Unpacked_copies_count_for_the_size_of_the_cache()
    {
        await using var storage = await StartStorageAsync();
        using var compressor = new ZstdSharp.Compressor();
        var unpacked = await File.ReadAllBytesAsync(Turtle, Cancellation);
        var packed = compressor.Wrap(unpacked).ToArray();
        var (first, second) = (await StoreAsync(Store(), "first", packed), await StoreAsync(Store(), "second", packed));
        // Room for one with its unpacked copy, and for many without.
        await using var cache = Cache(new BundleCacheOptions { CacheSize = packed.Length + unpacked.Length });

        (await cache.OpenAsync(first, Cancellation)).Dispose();
        (await cache.OpenAsync(second, Cancellation)).Dispose();

        Assert.True(cache.Contains(second));
        Assert.False(cache.Contains(first));
    }

    [Fact]
    public async Task Bundle_with_an_index_is_opened_before_its_files_arrive_and_what_is_read_arrives_first()
    {
        var files = await StoreIndexedAsync(BagStorageFormat.Mcap, messages: 39);
        await using var storage = await StartGatedStorageAsync();
        await using var cache = Cache();

        using var lease = await cache.OpenAsync(files, Cancellation);
        var timeline = lease.Recording.TimelineOf(["/a", "/b"]);
        await storage.WaitForAsync(blocks: 2);
        var reading = ReadAsync(timeline, 38);
        Assert.Equal((39, false, false), (timeline.Count, lease.Complete.IsCompleted, reading.IsCompleted));
        storage.Release(1);
        await storage.WaitForAsync(blocks: 3);

        // Two were on their way; the third is the last one, which is waited for.
        Assert.Equal([0, 8 << 20, 32 << 20], storage.Positions.Order());
        storage.Release(2);
        var last = await reading;
        Assert.Equal((Large, 38), (last.Length, BagFixtures.PayloadNumber(last)));
        storage.Release(100);
        await lease.Complete.WaitAsync(Patience, Cancellation);
        Assert.Equal(5, storage.Positions.Distinct().Count());
        for (var message = 0; message < timeline.Count; message++)
        {
            var payload = await ReadAsync(timeline, message);
            Assert.Equal((Large, message), (payload.Length, BagFixtures.PayloadNumber(payload)));
        }
    }

    [Fact]
    public async Task Message_of_a_file_that_is_read_as_a_whole_waits_for_all_of_it()
    {
        var files = await StoreIndexedAsync(BagStorageFormat.Sqlite3, messages: 10);
        await using var storage = await StartGatedStorageAsync();
        await using var cache = Cache();

        using var lease = await cache.OpenAsync(files, Cancellation);
        var reading = ReadAsync(lease.Recording.TimelineOf(["/a", "/b"]), 3);
        await storage.WaitForAsync(blocks: 2);
        Assert.False(reading.IsCompleted);
        storage.Release(100);

        var payload = await reading;
        Assert.Equal((Large, 3), (payload.Length, BagFixtures.PayloadNumber(payload)));
    }

    [Fact]
    public async Task Storage_that_goes_away_after_the_start_fails_those_who_read_and_not_the_next_run()
    {
        var files = await StoreIndexedAsync(BagStorageFormat.Mcap, messages: 40);
        var storage = await StartGatedStorageAsync();
        await using var cache = Cache(new BundleCacheOptions { FetchWithin = TimeSpan.Zero });
        using var lease = await cache.OpenAsync(files, Cancellation);
        var reading = ReadAsync(lease.Recording.TimelineOf(["/a"]), 3);
        await storage.WaitForAsync(blocks: 2);

        await storage.DisposeAsync();

        Assert.Contains("could not be fetched", (await Assert.ThrowsAsync<BundleUnusableException>(() => lease.Complete.WaitAsync(Patience, Cancellation))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BundleUnusableException>(() => reading);
        Assert.False(cache.Contains(files));
        await using var back = await StartStorageAsync();
        using var next = await cache.OpenAsync(files, Cancellation);
        await next.Complete.WaitAsync(Patience, Cancellation);
    }

    [Theory]
    [InlineData(true, "is not in object storage any more")]
    [InlineData(false, "the bundle was changed")]
    public async Task Bag_that_is_not_as_it_was_when_the_run_was_started_is_found_out_before_agents_begin(bool removed, string said)
    {
        var files = await StoreIndexedAsync(BagStorageFormat.Mcap, messages: 2);
        await using var storage = await StartStorageAsync();
        var bag = files.Single(file => file.Kind == TemplateFileKind.Bag).ObjectKey;
        if (removed) await Store().RemoveAsync(bag, Cancellation);
        else await Store().PutAsync(bag, new MemoryStream([1, 2, 3]), 3, "application/octet-stream", Cancellation);
        await using var cache = Cache();

        var refused = await Assert.ThrowsAsync<BundleUnusableException>(() => cache.OpenAsync(files, Cancellation));

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BagStorageFormat.Sqlite3)]
    [InlineData(BagStorageFormat.Mcap)]
    public async Task Bag_that_was_replaced_by_other_bytes_is_found_out(BagStorageFormat format)
    {
        var files = await StoreIndexedAsync(format, messages: 2);
        await using var storage = await StartStorageAsync();
        var bag = files.Single(file => file.Kind == TemplateFileKind.Bag);
        await Store().PutAsync(bag.ObjectKey, new MemoryStream(new byte[bag.Size]), bag.Size, "application/octet-stream", Cancellation);
        await using var cache = Cache();

        using var lease = await cache.OpenAsync(files, Cancellation);

        Assert.Contains("the bag cannot be read", (await Assert.ThrowsAsync<BundleUnusableException>(() => lease.Complete.WaitAsync(Patience, Cancellation))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Index_that_is_damaged_or_of_another_bag_makes_agents_wait_for_the_bag(bool other)
    {
        var files = await StoreIndexedAsync(BagStorageFormat.Mcap, messages: 2);
        await using var storage = await StartStorageAsync();
        var content = new byte[100];
        if (other)
        {
            using (var bag = BagReader.Open(Scenario.BagFolder("turtlesim_cmd_vel"))) BagIndex.Write(bag, _folder["other"]);
            content = await File.ReadAllBytesAsync(_folder["other"], Cancellation);
        }
        var index = files.Single(file => file.Kind == TemplateFileKind.Index);
        await Store().PutAsync(index.ObjectKey, new MemoryStream(content), content.Length, "application/octet-stream", Cancellation);
        files = [.. files.Select(file => file == index ? file with { Size = content.Length } : file)];
        await using var cache = Cache();

        using var lease = await cache.OpenAsync(files, Cancellation);
        var payload = await ReadAsync(lease.Recording.TimelineOf(["/b"]), 0);

        Assert.True(lease.Complete.IsCompletedSuccessfully);
        Assert.Equal((Large, 1), (payload.Length, BagFixtures.PayloadNumber(payload)));
    }

    private static Task<byte[]> ReadAsync(ReplayTimeline timeline, int message) =>
        timeline.ReadPayloadAsync(message, Cancellation).AsTask().WaitAsync(Patience, Cancellation);

    private static string Turtle => Directory.EnumerateFiles(Scenario.BagFolder("turtlesim_cmd_vel"), "*.db3").Single();

    private async Task<WebApplication> StartStorageAsync(int? port = null)
    {
        var server = SimulationManager.LocalS3.Program.Build(new S3ServerOptions { DataFolder = _folder["s3"], Port = port ?? _port, AccessKey = Key, SecretKey = Secret });
        await server.StartAsync(Cancellation);
        return server;
    }

    private async Task<GatedStorage> StartGatedStorageAsync()
    {
        var storage = new GatedStorage(await StartStorageAsync(FreePorts.Draw()), _port);
        await storage.StartAsync();
        return storage;
    }

    /// <summary>Stores a bag of messages of a megabyte, with its index.</summary>
    private async Task<PlannedFile[]> StoreIndexedAsync(BagStorageFormat format, int messages)
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { Storage = format, ChunkCompression = McapCompression.None }))
        {
            int[] topics = [writer.AddTopic(BagFixtures.Topic("/a")), writer.AddTopic(BagFixtures.Topic("/b"))];
            for (var number = 0; number < messages; number++)
            {
                var payload = new byte[Large];
                BagFixtures.Payload(number).CopyTo(payload, 0);
                writer.Write(topics[number % 2], number, payload);
            }
            writer.Complete();
        }
        using (var bag = BagReader.Open(_folder["bag"])) BagIndex.Write(bag, _folder["index"]);
        await using var storage = await StartStorageAsync();
        var store = Store();
        await store.EnsureBucketAsync(Cancellation);
        var path = Directory.EnumerateFiles(_folder["bag"]).Single(BagBundle.IsStorageFile);
        return
        [
            await StoreAsync(store, TemplateFileKind.Metadata, Path.Combine(_folder["bag"], "metadata.yaml")),
            await StoreAsync(store, TemplateFileKind.Bag, path),
            await StoreAsync(store, TemplateFileKind.Index, _folder["index"]),
        ];
    }

    private static async Task<PlannedFile> StoreAsync(BundleStore store, TemplateFileKind kind, string path)
    {
        var file = new PlannedFile(kind, Path.GetFileName(path), $"templates/indexed/{kind}", new FileInfo(path).Length);
        await using var content = File.OpenRead(path);
        await store.PutAsync(file.ObjectKey, content, file.Size, "application/octet-stream", Cancellation);
        return file;
    }

    private BundleStore Store()
    {
        var settings = new ConfigurationManager { ["ConnectionStrings:s3"] = $"Endpoint=http://127.0.0.1:{_port};AccessKey={Key};SecretKey={Secret}" };
        return new BundleStore(S3Connection.Read(settings, "s3").CreateClient(), new BundleStoreOptions());
    }

    private BundleCache Cache(BundleCacheOptions? options = null)
    {
        options ??= new BundleCacheOptions();
        options.CacheFolder = _folder["cache"];
        return new BundleCache(Store(), Options.Create(options), TimeProvider.System, NullLogger<BundleCache>.Instance);
    }

    private static async Task<PlannedFile[]> StoreAsync(BundleStore store, string name, byte[] bytes)
    {
        await store.EnsureBucketAsync(Cancellation);
        var file = new PlannedFile(TemplateFileKind.Bag, bytes.AsSpan(0, 4) is [0x28, 0xb5, 0x2f, 0xfd] ? "turtle_0.db3.zstd" : "turtle_0.db3", $"templates/{name}", bytes.Length);
        await store.PutAsync(file.ObjectKey, new MemoryStream(bytes), file.Size, "application/octet-stream", Cancellation);
        return [file];
    }
}
