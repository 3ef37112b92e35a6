using System.Diagnostics;
using System.Globalization;
using SimulationManager.Benchmarks.Mqtt;

namespace SimulationManager.Benchmarks.Dds;

/// <summary>The subscriber of the measurements, and the bare loops in C beside which agents are measured: the tests' <c>listener.c</c>, compiled on the first use.</summary>
internal static class DdsPeer
{
    /// <summary>The domain of all measurements.</summary>
    public const int Domain = 101;

    private const string Configuration = "<CycloneDDS><Domain Id=\"any\"><General><Interfaces><NetworkInterface name=\"lo\"/></Interfaces><AllowMulticast>false</AllowMulticast></General>"
        + "<Discovery><ParticipantIndex>auto</ParticipantIndex><Peers><Peer address=\"127.0.0.1\"/></Peers></Discovery></Domain></CycloneDDS>";

    private static readonly Lazy<string> s_path = new(Compile);

    /// <summary>Starts to publish, once each topic has a subscriber.</summary>
    /// <param name="load">What is published.</param>
    /// <param name="isReliable">Whether what gets lost is sent again.</param>
    /// <param name="rate">Messages a second in all; 0: as fast as it can.</param>
    public static Process Publish(MqttLoad load, bool isReliable, double rate = 0) =>
        Start(s_path.Value, $"{Domain}", "publish", $"{load.Agents}", $"{load.Total}", $"{load.Bytes}", isReliable ? "1" : "0", rate.ToString(CultureInfo.InvariantCulture));

    /// <summary>Starts to subscribe to all topics.</summary>
    /// <param name="kind"><c>count</c>; <c>time</c>: from the messages' stamps; or null: all that is found is printed.</param>
    public static Process Listen(string? kind) => Start(s_path.Value, kind is null ? [$"{Domain}"] : [$"{Domain}", kind]);

    /// <summary>Starts a program of Cyclone DDS on loopback.</summary>
    public static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        Environment = { ["CYCLONEDDS_URI"] = Configuration },
    })!;

    /// <summary>Ends a subscriber, which has what is in its buffers, and reads what it has counted.</summary>
    public static async Task<Heard> HeardAsync(Process listener)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        listener.StandardInput.Close();
        var lines = (await listener.StandardOutput.ReadToEndAsync()).Split('\n');
        var counted = NumbersOf(lines, "C ");
        var times = NumbersOf(lines, "T ");
        return new Heard(counted[0], (counted[0] - 1) / (counted[1] / 1e9), times.Length > 0 ? (times[0], times[1], times[2]) : default);
    }

    private static long[] NumbersOf(string[] lines, string begin) =>
        [.. lines.Where(line => line.StartsWith(begin, StringComparison.Ordinal)).SelectMany(line => line.Split(' ').Skip(1)).Select(number => long.Parse(number, CultureInfo.InvariantCulture))];

    private static string Compile()
    {
        var program = Path.Combine(Path.GetTempPath(), $"dds-peer-{Environment.ProcessId}");
        try
        {
            using var compiler = Process.Start("gcc", ["-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "Dds", "listener.c"), "-lddsc"]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new InvalidOperationException("The bare loop does not compile: install Debian's cyclonedds-dev.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("gcc is missing: install Debian's gcc and cyclonedds-dev.");
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }

    /// <summary>What a subscriber got.</summary>
    /// <param name="Count">Messages.</param>
    /// <param name="Rate">Messages per second, from the first to the last.</param>
    /// <param name="Took">Microseconds from the stamps of messages until they came: median, 99 % and greatest.</param>
    internal sealed record Heard(long Count, double Rate, (long P50, long P99, long Max) Took);
}
