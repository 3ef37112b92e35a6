using System.Diagnostics;
using System.Text.Json;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>Telemetry of a client that nobody here wrote, OpenTelemetry's JavaScript SDK, over each protocol.</summary>
[Collection(nameof(DashboardCollection))]
public sealed class OtelClientTests(SharedDashboard shared, NodeClient client) : IClassFixture<NodeClient>
{
    private readonly DashboardProcess _dashboard = shared.Process;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("proto")]
    [InlineData("json")]
    public async Task Traces_logs_and_metrics_of_the_JavaScript_SDK_show_up_as_it_sent_them(string protocol)
    {
        var endpoint = protocol == "grpc" ? _dashboard.OtlpGrpc : _dashboard.OtlpHttp;

        var traceId = await client.SendAsync(protocol, endpoint.ToString().TrimEnd('/'), protocol, Cancelled);

        var spans = (await _dashboard.GetAsync($"/api/traces/{traceId}", Cancelled)).GetProperty("spans").EnumerateArray().ToDictionary(span => span.GetProperty("name").GetString()!);
        Assert.Equal(["POST /orders", "Reserve", "reserve"], spans.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(spans["POST /orders"].GetProperty("spanId").GetString(), spans["reserve"].GetProperty("parentSpanId").GetString());
        Assert.Equal(spans["reserve"].GetProperty("spanId").GetString(), spans["Reserve"].GetProperty("parentSpanId").GetString());
        Assert.Equal(500, spans["POST /orders"].GetProperty("attributes").GetProperty("http.response.status_code").GetInt32());
        var failed = spans["Reserve"];
        Assert.Equal($"{protocol}-stock", failed.GetProperty("resource").GetString());
        Assert.Equal("Server", failed.GetProperty("kind").GetString());
        Assert.Equal("Error", failed.GetProperty("status").GetString());
        Assert.Equal("no bolts left", failed.GetProperty("statusMessage").GetString());
        Assert.Equal("""["a","b"]""", failed.GetProperty("attributes").GetProperty("tags").GetRawText());
        Assert.Equal("bolt", failed.GetProperty("events")[0].GetProperty("attributes").GetProperty("article").GetString());
        Assert.True(failed.GetProperty("durationMs").GetDouble() >= 5);

        var logs = (await _dashboard.GetAsync($"/api/logs?traceId={traceId}", Cancelled)).GetProperty("items").EnumerateArray().ToDictionary(log => log.GetProperty("level").GetString()!);
        Assert.Equal(17, logs["Information"].GetProperty("attributes").GetProperty("order").GetInt32());
        Assert.Equal("no bolts left", logs["Error"].GetProperty("message").GetString());
        Assert.Equal(failed.GetProperty("spanId").GetString(), logs["Error"].GetProperty("spanId").GetString());

        var orders = await MetricAsync("orders", protocol);
        Assert.Equal("{order}", orders.GetProperty("unit").GetString());
        var series = orders.GetProperty("series")[0];
        Assert.Equal("north", series.GetProperty("dimensions").GetProperty("shop").GetString());
        Assert.Equal(3, series.GetProperty("points")[0].GetProperty("value").GetDouble());
        var duration = (await MetricAsync("order.duration", protocol)).GetProperty("series")[0].GetProperty("points")[0];
        Assert.Equal(6, duration.GetProperty("count").GetInt64());
        Assert.Equal(752, duration.GetProperty("sum").GetDouble());
        Assert.Equal(6, duration.GetProperty("counts").EnumerateArray().Sum(count => count.GetInt64()));
    }

    private async Task<JsonElement> MetricAsync(string name, string protocol) =>
        Assert.Single((await _dashboard.GetAsync($"/api/metrics?name={name}&resource={protocol}-web", Cancelled)).GetProperty("items").EnumerateArray());
}

/// <summary>The packages of <c>OtelClient/package.json</c>, fetched once into the test's output.</summary>
public sealed class NodeClient : IAsyncLifetime
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SendLimit = TimeSpan.FromMinutes(1);
    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, "AspireLocal", "Dashboard", "OtelClient");
    private string? _problem;

    public async ValueTask InitializeAsync()
    {
        if (File.Exists(Path.Combine(_folder, "node_modules", ".package-lock.json")))
            return;
        try
        {
            var (exitCode, output) = await RunAsync(InstallLimit, "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], TestContext.Current.CancellationToken);
            _problem = exitCode == 0 ? null : $"'npm install' of OpenTelemetry's JavaScript SDK failed: {output}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            _problem = $"the client needs node and npm: {missing.Message}";
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            _problem = $"'npm install' of OpenTelemetry's JavaScript SDK did not end within {InstallLimit.TotalMinutes} min";
        }
    }

    /// <returns>The id of the trace that was sent.</returns>
    public async Task<string> SendAsync(string protocol, string endpoint, string prefix, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(_problem is not null, _problem ?? "");
        var (exitCode, output) = await RunAsync(SendLimit, "node", ["send.mjs", protocol, endpoint, DashboardProcess.ApiKey, prefix], cancellationToken);
        Assert.True(exitCode == 0, output);
        return output.Trim();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<(int ExitCode, string Output)> RunAsync(TimeSpan limit, string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        within.CancelAfter(limit);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(within.Token);
            var output = await process.StandardOutput.ReadToEndAsync(within.Token);
            await process.WaitForExitAsync(within.Token);
            return (process.ExitCode, process.ExitCode == 0 ? output : $"{output}\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
