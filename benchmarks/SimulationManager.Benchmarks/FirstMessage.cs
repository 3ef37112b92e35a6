using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Benchmarks;

/// <summary>
/// How long agents of a silo that has nothing of a bag wait until they begin, until the payload in its middle is read, and until all of
/// the bag is there: as it is, and with its index.
/// </summary>
internal static class FirstMessage
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (megabytes, messageBytes, rounds) = (Arguments.Number(args, 0, 1024), Arguments.Number(args, 1, 1024), Arguments.Number(args, 2, 5));
        await using var servers = new BackingServers();
        await servers.InitializeAsync();
        await using var worker = await WorkerHost.StartAsync(servers.Settings("benchmark"));
        var store = worker.Get<BundleStore>();
        var folder = Path.Combine(servers.Folder, "bag");
        Write(folder, (long)megabytes * 1024 * 1024 / messageBytes, messageBytes);
        using (var bag = BagReader.Open(folder)) BagIndex.Write(bag, Path.Combine(folder, Recording.IndexName));
        var files = await new Scenario(worker.Services).UploadAsync(folder);
        foreach (var file in files) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.Kind}: {file.Size / 1e6:0.0} MB"));

        for (var round = 1; round <= rounds; round++)
        {
            await MeasureAsync("whole bag", store, [.. files.Where(file => file.Kind != TemplateFileKind.Index)], Path.Combine(servers.Folder, "cache"), round);
            await MeasureAsync("with index", store, files, Path.Combine(servers.Folder, "cache"), round);
        }

        return 0;
    }

    private static async Task MeasureAsync(string way, BundleStore store, PlannedFile[] files, string folder, int round)
    {
        var options = Options.Create(new BundleCacheOptions { CacheFolder = folder });
        await using var cache = new BundleCache(store, options, TimeProvider.System, NullLogger<BundleCache>.Instance);
        var started = Stopwatch.GetTimestamp();
        using var lease = await cache.OpenAsync(files, CancellationToken.None);
        var timeline = lease.Recording.TimelineOf(["/load_0"]);
        var begun = Stopwatch.GetElapsedTime(started);
        var middle = timeline.Count / 2;
        await timeline.ReadPayloadAsync(middle, CancellationToken.None);
        var read = Stopwatch.GetElapsedTime(started);
        await lease.Complete;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"round {round}, {way}: agents begin after {begun.TotalMilliseconds:0} ms, the payload in the middle is read after {read.TotalMilliseconds:0} ms, all of the bag is there after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms"));
    }

    private static void Write(string folder, long count, int messageBytes)
    {
        var random = new Random(1);
        var payload = new byte[messageBytes];
        using var writer = BagWriter.Create(folder, new BagWriterOptions { Storage = BagStorageFormat.Mcap, ChunkCompression = McapCompression.Lz4 });
        var topic = writer.AddTopic(new BagTopic { Name = "/load_0", Type = "std_msgs/msg/UInt8MultiArray" });
        for (long number = 0; number < count; number++)
        {
            random.NextBytes(payload.AsSpan(0, messageBytes / 2));
            writer.Write(topic, number * 1_000_000, payload);
        }

        writer.Complete();
    }
}
