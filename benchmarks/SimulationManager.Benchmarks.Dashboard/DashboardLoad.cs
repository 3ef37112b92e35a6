using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Trace.V1;
using SimulationManager.Tests.AspireLocal.Dashboard;

namespace SimulationManager.Benchmarks.Dashboard;

/// <summary>
/// The dashboard's own process under a steady stream of spans and log records over gRPC: what it took in, how large it became, and
/// how long its pages and data took to answer meanwhile. Sender, dashboard and asker share this machine.
/// </summary>
internal sealed class DashboardLoad(DashboardProcess dashboard, TimeSpan duration, int perSecond) : IDisposable
{
    private const int BatchSize = 500;
    private const int SpansPerTrace = 10;
    private static readonly string[] Asked = ["/traces", "/api/traces?limit=100", "/api/logs?limit=100", "/api/traces?errors=true&limit=100", "/api/logs?text=wheel&limit=100"];
    private readonly OtlpClient _client = new(dashboard);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _spans;
    private long _logs;
    private long _refused;
    private long _largest;

    public static async Task RunAsync(TimeSpan duration, int perSecond)
    {
        await using var dashboard = await DashboardProcess.StartAsync(CancellationToken.None);
        using var load = new DashboardLoad(dashboard, duration, perSecond);
        await load.RunAsync();
    }

    public void Dispose() => _client.Dispose();

    private async Task RunAsync()
    {
        var latencies = AskAsync();
        await Task.WhenAll(SendAsync(SendSpansAsync), SendAsync(SendLogsAsync), WatchAsync());
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        Write($"{seconds:0} s: {_spans / seconds:0} spans/s and {_logs / seconds:0} log records/s taken in, {_refused} batches refused, largest working set {_largest >> 20} MiB");
        foreach (var (path, times) in await latencies)
        {
            times.Sort();
            Write($"  {path}: {times.Count} answers, p50 {times[times.Count / 2]:0} ms, p99 {times[Math.Min(times.Count - 1, times.Count * 99 / 100)]:0} ms, max {times[^1]:0} ms");
        }

        var status = await dashboard.GetAsync("/api/status", CancellationToken.None);
        Write($"  kept: {status.GetProperty("traceBytes").GetInt64() >> 20} MiB of traces, {status.GetProperty("logBytes").GetInt64() >> 20} MiB of logs; evicted: {status.GetProperty("tracesEvicted").GetInt64()} traces, {status.GetProperty("logsEvicted").GetInt64()} log records");
    }

    /// <summary>A batch whenever one is due; one that is late is made up for.</summary>
    private async Task SendAsync(Func<Task> sendBatch)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var sent = 0L;
        while (Stopwatch.GetElapsedTime(_started) < duration && await timer.WaitForNextTickAsync())
        {
            for (var due = (long)(Stopwatch.GetElapsedTime(_started).TotalSeconds * perSecond); sent < due; sent += BatchSize)
            {
                try
                {
                    await sendBatch();
                }
                catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable)
                {
                    Interlocked.Increment(ref _refused);
                }
            }
        }
    }

    private async Task SendSpansAsync()
    {
        var answer = await _client.SendAsync(Telemetry.Traces("load", Enumerable.Range(0, BatchSize / SpansPerTrace).SelectMany(_ => Trace())), CancellationToken.None);
        _spans += BatchSize - (answer.PartialSuccess?.RejectedSpans ?? 0);
    }

    private async Task SendLogsAsync()
    {
        var answer = await _client.SendAsync(Telemetry.Logs("load", Enumerable.Range(0, BatchSize).Select(Record)), CancellationToken.None);
        _logs += BatchSize - (answer.PartialSuccess?.RejectedLogRecords ?? 0);
    }

    private static IEnumerable<Span> Trace()
    {
        var trace = Telemetry.NewTraceId();
        var start = (DateTimeOffset.UtcNow - Telemetry.Now).TotalMilliseconds;
        var root = Telemetry.Span("POST /api/simulation/{id}/start", trace, start: start, end: start + 40);
        yield return root;
        for (var number = 1; number < SpansPerTrace; number++)
        {
            var span = Telemetry.Span("postgresql", trace, root.SpanId, start + number, start + number + 3);
            span.Attributes.Add([
                Telemetry.Attribute("db.system.name", "postgresql"), Telemetry.Attribute("db.query.text", "SELECT id, name, description FROM simulations WHERE id = @p0 AND deleted_at IS NULL"),
                Telemetry.Attribute("server.address", "localhost"), Telemetry.Attribute("db.namespace", "robotdb")]);
            yield return span;
        }
    }

    private static LogRecord Record(int number)
    {
        var record = Telemetry.Log($"Agent {number} turned its wheel by {number % 360} degrees after {number} ms", number % 50 == 0 ? SeverityNumber.Warn : SeverityNumber.Info);
        record.TimeUnixNano = Telemetry.At((DateTimeOffset.UtcNow - Telemetry.Now).TotalMilliseconds);
        record.TraceId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        record.Attributes.Add([Telemetry.Attribute("agent", number.ToString(CultureInfo.InvariantCulture)), Telemetry.Attribute("topic", "/wheel/left")]);
        return record;
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Stopwatch.GetElapsedTime(_started) < duration && await timer.WaitForNextTickAsync())
            _largest = Math.Max(_largest, dashboard.WorkingSetBytes);
    }

    private async Task<Dictionary<string, List<double>>> AskAsync()
    {
        var times = Asked.ToDictionary(path => path, _ => new List<double>());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var turn = 0; Stopwatch.GetElapsedTime(_started) < duration && await timer.WaitForNextTickAsync(); turn++)
        {
            var path = Asked[turn % Asked.Length];
            var asked = Stopwatch.GetTimestamp();
            await dashboard.Api.GetByteArrayAsync(path);
            times[path].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        return times;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
