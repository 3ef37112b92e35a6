using System.Diagnostics;
using System.Globalization;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Benchmarks.Mqtt;

/// <summary>The bare loops in C (<c>mqtt_anchor.c</c>), compiled on the first use.</summary>
internal sealed class MqttAnchor : IDisposable
{
    private static readonly Lazy<string> s_path = new(Compile);

    private readonly Process _process;
    private Task<string>? _report;

    private MqttAnchor(params IEnumerable<string> arguments) =>
        _process = Process.Start(new ProcessStartInfo(s_path.Value, arguments) { RedirectStandardOutput = true })!;

    /// <summary>What a listener got.</summary>
    /// <param name="Count">Messages.</param>
    /// <param name="First">When the first came, nanoseconds since 1970; 0: none came.</param>
    /// <param name="Last">When the last came.</param>
    /// <param name="P50">Median of the microseconds from when messages were due until they came.</param>
    /// <param name="P99">The time that 99 % did not exceed.</param>
    /// <param name="Max">The greatest.</param>
    public sealed record Heard(long Count, long First, long Last, long P50, long P99, long Max);

    /// <summary>Publishes as fast as the broker takes it; returns when the first message went out, nanoseconds since 1970, and the processor time it took.</summary>
    public static async Task<(long Began, TimeSpan Processor)> PublishAsync(int port, MqttLoad load)
    {
        using var publisher = new MqttAnchor("publish", "127.0.0.1", Text(port), Text(load.Quality), Text(load.Agents), Text(load.Messages), Text(load.Bytes), load.Properties ? "1" : "0");
        var began = long.Parse(await publisher.ReadLineAsync(), CultureInfo.InvariantCulture);
        return (began, TimeSpan.FromMicroseconds(long.Parse(await publisher.ReadLineAsync(), CultureInfo.InvariantCulture)));
    }

    /// <summary>Publishes over a connection for each agent, evenly spread; returns what was heard, and the publisher's processor time. Null: not all was heard in time.</summary>
    /// <param name="port">The broker's.</param>
    /// <param name="load">What is published.</param>
    /// <param name="rate">Messages a second in all.</param>
    /// <param name="atMost">How long that may take.</param>
    public static async Task<(Heard Heard, TimeSpan Processor)?> PlayFleetAsync(int port, MqttLoad load, double rate, TimeSpan atMost)
    {
        using var listener = await ListenAsync(port, load.Total, MqttLoad.AllTopics);
        using var publisher = new MqttAnchor("fleet", Text(port), Text(load.Agents), Text(load.Messages), Text(load.Bytes), rate.ToString(CultureInfo.InvariantCulture));
        await publisher.ReadLineAsync();
        if (await listener.HeardAsync(atMost) is not { } heard) return null;
        return (heard, TimeSpan.FromMicroseconds(long.Parse(await publisher.ReadLineAsync(), CultureInfo.InvariantCulture)));
    }

    /// <summary>Subscribes with quality of service 0, in a process of its own.</summary>
    public static async Task<MqttAnchor> ListenAsync(int port, long count, string topic)
    {
        var listener = new MqttAnchor("listen", "127.0.0.1", Text(port), Text(count), topic);
        return await listener.ReadLineAsync() == "ready" ? listener : throw new InvalidOperationException("The subscriber failed.");
    }

    /// <summary>What it has got once it has got all; null: that takes too long.</summary>
    public async Task<Heard?> HeardAsync(TimeSpan atMost)
    {
        _report ??= ReadLineAsync();
        if (await Task.WhenAny(_report, Task.Delay(atMost)) != _report) return null;
        var numbers = Array.ConvertAll((await _report).Split(' '), text => long.Parse(text, CultureInfo.InvariantCulture));
        return new Heard(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }

    /// <summary>What it has got until now; it ends.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    public async Task<Heard> StopAsync()
    {
        await _process.SignalAsync("TERM");
        return await HeardAsync(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException("The subscriber does not end.");
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task<string> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The client on libmosquitto ended too early.");

    private static string Compile()
    {
        var program = Path.Combine(Path.GetTempPath(), $"mqtt-anchor-{Environment.ProcessId}");
        var source = Path.Combine(AppContext.BaseDirectory, "Mqtt", "mqtt_anchor.c");
        try
        {
            using var compiler = Process.Start("gcc", ["-O2", "-o", program, source, "-lmosquitto"]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new InvalidOperationException("The bare loop does not compile: install Debian's libmosquitto-dev.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("gcc is missing: install Debian's gcc and libmosquitto-dev.");
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
