using System.Net;
using Grpc.Core;
using static SimulationManager.Tests.AspireLocal.Dashboard.Telemetry;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>More telemetry than there is room for.</summary>
[Collection(nameof(DashboardCollection))]
public sealed class FloodAndEvictionTests(SharedDashboard shared)
{
    private readonly DashboardProcess _small = shared.Small;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_oldest_logs_go_first_when_the_limit_is_reached()
    {
        using var client = new OtlpClient(_small);
        var before = await StatusAsync("logsEvicted");

        await client.SendAsync(Logs("many", Enumerable.Range(0, 200).Select(number => Log($"log {number}"))), Cancelled);

        var logs = await _small.GetAsync("/api/logs?limit=1000", Cancelled);
        Assert.Equal(SharedDashboard.SmallLogCount, logs.GetProperty("total").GetInt32());
        Assert.Equal("log 199", logs.GetProperty("items")[0].GetProperty("message").GetString());
        Assert.InRange(await StatusAsync("logsEvicted") - before, 150, 200);
    }

    [Fact]
    public async Task The_oldest_traces_go_first_when_the_limit_is_reached()
    {
        using var client = new OtlpClient(_small);

        await client.SendAsync(Traces("many", Enumerable.Range(0, 150).Select(number => Span($"span {number}", start: number, end: number + 1))), Cancelled);

        var traces = await _small.GetAsync("/api/traces?resource=many&limit=1000", Cancelled);
        Assert.Equal(SharedDashboard.SmallTraceCount, traces.GetProperty("total").GetInt32());
        Assert.Equal("span 149", traces.GetProperty("items")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task The_oldest_points_go_first_when_the_limit_is_reached()
    {
        using var client = new OtlpClient(_small);

        for (var time = 0; time < 300; time++)
            await client.SendAsync(Metrics("many", Counter("steps", time, time * 1000)), Cancelled);

        var points = (await _small.GetAsync("/api/metrics?name=steps", Cancelled)).GetProperty("items")[0].GetProperty("series")[0].GetProperty("points");
        Assert.InRange(points.GetArrayLength(), 80, SharedDashboard.SmallPointCount);
        Assert.Equal(299, points[points.GetArrayLength() - 1].GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_trace_takes_no_more_spans_than_its_limit_and_says_which_setting_that_is()
    {
        using var client = new OtlpClient(_small);
        var trace = NewTraceId();

        var response = await client.SendAsync(Traces("endless", Enumerable.Range(0, 25).Select(number => Span($"{number}", trace))), Cancelled);

        Assert.Equal(25 - SharedDashboard.SmallSpansPerTrace, response.PartialSuccess.RejectedSpans);
        Assert.Contains("MaxSpansPerTrace", response.PartialSuccess.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_floods_is_told_to_wait_while_memory_stays_bounded_and_pages_answer()
    {
        using var client = new OtlpClient(_small);
        var request = Traces("flood", Enumerable.Range(0, 20).Select(_ =>
        {
            var span = Span("flood");
            span.Attributes.Add(Attribute("payload", new string('x', 16_000)));
            return span;
        }));

        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(async _ =>
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
        Assert.True(_small.IsAlive);
        using var page = await _small.Api.GetAsync("/api/traces?limit=1", Cancelled);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.InRange(await StatusAsync("traceBytes"), 1, SharedDashboard.SmallTraceMegabytes * 1024 * 1024);
    }

    [Fact]
    public async Task A_taken_port_ends_the_start_with_the_port_and_the_setting()
    {
        var (exitCode, errors) = await DashboardProcess.RunToEndAsync(Cancelled, ("ASPNETCORE_URLS", _small.Frontend.ToString()), ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://127.0.0.1:0"), ("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "http://127.0.0.1:0"));

        Assert.Equal(3, exitCode);
        Assert.Contains(_small.Frontend.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), errors, StringComparison.Ordinal);
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

    private async Task<long> StatusAsync(string name) => (await _small.GetAsync("/api/status", Cancelled)).GetProperty(name).GetInt64();
}
