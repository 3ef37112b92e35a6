using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.LocalS3;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Worker.Bundles;
using SimulationManager.Worker.Hosting;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Tests.Worker;

/// <summary>The cache against an object store of its own.</summary>
public sealed class BundleCacheTests : IDisposable
{
    private const string Key = "someone";
    private const string Secret = "password1";

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePorts.Draw();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Failure_that_came_when_nobody_waited_any_more_is_not_the_next_callers()
    {
        PlannedFile[] files;
        await using (await StartStorageAsync()) files = await StoreAsync(Store(), "turtle", File.ReadAllBytes(Turtle));
        await using var cache = Cache(new ReplayOptions { FetchWithin = TimeSpan.Zero });
        using (var impatient = new CancellationTokenSource())
        {
            var opening = cache.OpenAsync(files, impatient.Token);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        }

        await Wait.UntilAsync(() => !cache.Contains(files), TimeSpan.FromSeconds(30), "the fetch to have failed");
        await using var storage = await StartStorageAsync();
        using var lease = await cache.OpenAsync(files, Cancellation);

        Assert.Equal(113, lease.Bundle.TimelineOf(["/turtle1/cmd_vel"]).Count);
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
        await using var cache = Cache(new ReplayOptions { CacheSize = packed.Length + unpacked.Length });

        (await cache.OpenAsync(first, Cancellation)).Dispose();
        (await cache.OpenAsync(second, Cancellation)).Dispose();

        Assert.True(cache.Contains(second));
        Assert.False(cache.Contains(first));
    }

    private static string Turtle => Directory.EnumerateFiles(Scenario.BagFolder("turtlesim_cmd_vel"), "*.db3").Single();

    private async Task<WebApplication> StartStorageAsync()
    {
        var server = SimulationManager.LocalS3.Program.Build(new S3ServerOptions { DataFolder = _folder["s3"], Port = _port, AccessKey = Key, SecretKey = Secret });
        await server.StartAsync(Cancellation);
        return server;
    }

    private BundleStore Store()
    {
        var settings = new ConfigurationManager { ["ConnectionStrings:s3"] = $"Endpoint=http://127.0.0.1:{_port};AccessKey={Key};SecretKey={Secret}" };
        return new BundleStore(S3Connection.Read(settings, "s3").CreateClient(), new BundleStoreOptions());
    }

    private BundleCache Cache(ReplayOptions options)
    {
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
