using System.Diagnostics;
using System.Globalization;
using SimulationManager.Generation;

namespace SimulationManager.Benchmarks;

/// <summary>Times the generator.</summary>
internal static class GenerateSpeed
{
    public static int Run(string[] args)
    {
        var seconds = Arguments.Number(args, 0, 600);
        var folder = Path.Combine(Path.GetTempPath(), $"generate-{Guid.NewGuid():N}");
        var watch = Stopwatch.StartNew();
        var metadata = RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(seconds) });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{metadata.MessageCount} messages in {watch.Elapsed.TotalSeconds:0.00} s"));
        Directory.Delete(folder, recursive: true);
        return 0;
    }
}
