using System.Diagnostics;
using System.Globalization;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>How far the API's memory grows while a big bag is uploaded, after a small one has warmed it up.</summary>
internal static class LargeUpload
{
    public static async Task<int> RunAsync(string[] args)
    {
        var megabytes = Arguments.Number(args, 0, 2048);
        var (small, topic) = Bag(16);
        var (large, _) = Bag(megabytes);
        await using var system = await ApiUnderLoad.StartAsync();
        await system.UploadAsync(small, topic);
        var before = system.ResidentBytes().Now;
        var started = Stopwatch.GetTimestamp();
        await system.UploadAsync(large, topic);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var highest = system.ResidentBytes().Highest;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{megabytes} MiB in {seconds:0.0} s ({megabytes / seconds:0} MiB/s): resident memory {before >> 20} MiB before, {highest >> 20} MiB at its highest, grown by {(highest - before) >> 20} MiB"));
        return 0;
    }

    /// <summary>A bag of about so many MiB, written on the first use and kept for the next, and one of its topics.</summary>
    private static (string Folder, string Topic) Bag(int megabytes)
    {
        const int messageBytes = 64 * 1024;
        var folder = Path.Combine(Path.GetTempPath(), $"simulation-manager-benchmark-upload-{megabytes}");
        if (!File.Exists(Path.Combine(folder, BagMetadataReader.FileName)))
            LoadRecording.Write(folder, new LoadRecordingOptions { MessagesPerSecond = 100, MessageBytes = messageBytes, Duration = TimeSpan.FromSeconds(megabytes * 16 / 100.0) });
        using var bag = BagReader.Open(folder);
        return (folder, bag.Topics[0].Name);
    }
}
