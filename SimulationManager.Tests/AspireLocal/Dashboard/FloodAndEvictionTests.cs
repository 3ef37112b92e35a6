using System.Net;
using Grpc.Core;
using static SimulationManager.Tests.AspireLocal.Dashboard.Telemetry;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>More telemetry than there is room for.</summary>
public sealed class FloodAndEvictionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_oldest_logs_traces_and_points_go_first_when_the_limits_are_reached()
    {
        await using var dashboard = await DashboardProcess.StartAsync(
            Cancelled, ("DASHBOARD__TELEMETRYLIMITS__MAXLOGCOUNT", "50"), ("DASHBOARD__TELEMETRYLIMITS__MAXTRACECOUNT", "20"), ("DASHBOARD__TELEMETRYLIMITS__MAXMETRICSCOUNT", "100"));
        using var client = new OtlpClient(dashboard);

        await client.SendAsync(Logs("many", Enumerable.Range(0, 200).Select(number => Log($"log {number}"))), Cancelled);
        await client.SendAsync(Traces("many", Enumerable.Range(0, 100).Select(number => Span($"span {number}", start: number, end: number + 1))), Cancelled);
        for (var time = 0; time < 300; time++)
            await client.SendAsync(Metrics("many", Counter("steps", time, time * 1000)), Cancelled);

        var logs = await dashboard.GetAsync("/api/logs?limit=1000", Cancelled);
        Assert.Equal(50, logs.GetProperty("total").GetInt32());
        Assert.Equal("log 199", logs.GetProperty("items")[0].GetProperty("message").GetString());
        var traces = await dashboard.GetAsync("/api/traces?limit=1000", Cancelled);
        Assert.Equal(20, traces.GetProperty("total").GetInt32());
        Assert.Equal("span 99", traces.GetProperty("items")[0].GetProperty("name").GetString());
        var points = (await dashboard.GetAsync("/api/metrics?name=steps", Cancelled)).GetProperty("items")[0].GetProperty("series")[0].GetProperty("points");
        Assert.InRange(points.GetArrayLength(), 80, 100);
        Assert.Equal(299, points[points.GetArrayLength() - 1].GetProperty("value").GetDouble());
        var status = await dashboard.GetAsync("/api/status", Cancelled);
        Assert.Equal(150, status.GetProperty("logsEvicted").GetInt64());
    }

    [Fact]
    public async Task A_trace_takes_no_more_spans_than_its_limit_and_says_which_setting_that_is()
    {
        await using var dashboard = await DashboardProcess.StartAsync(Cancelled, ("DASHBOARD__TELEMETRYLIMITS__MAXSPANSPERTRACE", "10"));
        using var client = new OtlpClient(dashboard);
        var trace = NewTraceId();

        var response = await client.SendAsync(Traces("endless", Enumerable.Range(0, 25).Select(number => Span($"{number}", trace))), Cancelled);

        Assert.Equal(15, response.PartialSuccess.RejectedSpans);
        Assert.Contains("MaxSpansPerTrace", response.PartialSuccess.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_floods_is_told_to_wait_while_memory_stays_bounded_and_pages_answer()
    {
        await using var dashboard = await DashboardProcess.StartAsync(Cancelled, ("DASHBOARD__TELEMETRYLIMITS__MAXTRACEMEGABYTES", "16"));
        using var client = new OtlpClient(dashboard);
        var request = Traces("flood", Enumerable.Range(0, 500).Select(_ =>
        {
            var span = Span("flood");
            span.Attributes.Add(Attribute("payload", Guid.NewGuid() + new string('x', 2_000)));
            return span;
        }));

        var answers = await Task.WhenAll(Enumerable.Range(0, 600).Select(async _ =>
        {
            try
            {
                await client.SendAsync(request, Cancelled);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }));

        Assert.All(answers, answer => Assert.Contains(answer, new[] { StatusCode.OK, StatusCode.Unavailable }));
        Assert.Contains(StatusCode.OK, answers);
        Assert.True(dashboard.IsAlive);
        using var page = await dashboard.Api.GetAsync("/api/traces?limit=1", Cancelled);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.InRange((await dashboard.GetAsync("/api/status", Cancelled)).GetProperty("traceBytes").GetInt64(), 1, 16 * 1024 * 1024);
    }

    [Fact]
    public async Task A_taken_port_ends_the_start_with_the_port_and_the_setting()
    {
        await using var first = await DashboardProcess.StartAsync(Cancelled);

        var (exitCode, errors) = await DashboardProcess.RunToEndAsync(Cancelled, ("ASPNETCORE_URLS", first.Frontend.ToString()), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://127.0.0.1:0"), ("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "http://127.0.0.1:0"));

        Assert.Equal(3, exitCode);
        Assert.Contains(first.Frontend.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), errors, StringComparison.Ordinal);
        Assert.Contains("ASPNETCORE_URLS", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "localhost:18889")]
    [InlineData("DASHBOARD__OTLP__AUTHMODE", "Maybe")]
    public async Task A_setting_that_cannot_be_understood_is_named(string name, string value)
    {
        var (exitCode, errors) = await DashboardProcess.RunToEndAsync(Cancelled, (name, value));

        Assert.Equal(2, exitCode);
        Assert.Contains(name.Replace("__", ":", StringComparison.Ordinal), errors, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(value, errors, StringComparison.Ordinal);
    }
}
