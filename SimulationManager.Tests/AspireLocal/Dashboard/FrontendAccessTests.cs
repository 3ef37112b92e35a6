using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using static SimulationManager.Tests.AspireLocal.Dashboard.Telemetry;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>Who may look, and taking a session's telemetry away and back.</summary>
[Collection(nameof(DashboardCollection))]
public sealed partial class FrontendAccessTests(SharedDashboard shared)
{
    private readonly DashboardProcess _dashboard = shared.Process;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_lead_to_the_login_and_its_address_with_the_token_opens_them()
    {
        using var http = Browser();

        using var before = await http.GetAsync("/traces", Cancelled);
        using var wrong = await http.GetAsync("/login?t=guess", Cancelled);
        using var login = await http.GetAsync($"/login?t={DashboardProcess.Token}&returnUrl=/traces", Cancelled);
        using var after = await http.GetAsync("/traces", Cancelled);

        Assert.Equal(HttpStatusCode.Redirect, before.StatusCode);
        Assert.Contains("/login", before.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal("/traces", login.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Contains("script-src 'self'", after.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example")]
    public async Task The_login_never_leads_to_another_site(string returnUrl)
    {
        using var http = Browser();

        using var login = await http.GetAsync($"/login?t={DashboardProcess.Token}&returnUrl={Uri.EscapeDataString(returnUrl)}", Cancelled);

        Assert.Equal("/", login.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Scripts_need_the_token_as_a_header()
    {
        using var http = Browser();
        using var none = await http.GetAsync("/api/traces", Cancelled);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "guess");
        using var wrong = await http.GetAsync("/api/traces", Cancelled);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", DashboardProcess.Token);
        using var right = await http.GetAsync("/api/traces", Cancelled);

        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Contains("Bearer", await none.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_port_cannot_send_with_the_developers_cookie()
    {
        using var http = Browser();
        using var login = await http.GetAsync($"/login?t={DashboardProcess.Token}", Cancelled);
        using var forged = new HttpRequestMessage(HttpMethod.Delete, "/api/telemetry") { Headers = { { "Origin", "http://localhost:3000" } } };

        using var response = await http.SendAsync(forged, Cancelled);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task An_export_brings_the_same_telemetry_into_another_dashboard()
    {
        var from = _dashboard;
        await using var to = await DashboardProcess.StartAsync(Cancelled);
        using var client = new OtlpClient(from);
        var parent = Span("parent");
        var child = Span("child", parent.TraceId, parent.SpanId, 2, 8);
        child.Attributes.Add(new OpenTelemetry.Proto.Common.V1.KeyValue { Key = "count", Value = new() { IntValue = 41 } });
        child.Events.Add(new OpenTelemetry.Proto.Trace.V1.Span.Types.Event { Name = "turned", TimeUnixNano = At(5) });
        await client.SendAsync(Traces("moved", parent, child), Cancelled);
        await client.SendAsync(Logs("moved", Log("kept")), Cancelled);
        await client.SendAsync(Metrics("moved", Counter("laps", 12)), Cancelled);

        var archive = await from.Api.GetByteArrayAsync("/api/export", Cancelled);
        using var response = await to.Api.PostAsync("/api/import", new ByteArrayContent(archive), Cancelled);

        Assert.Empty((await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("problems").EnumerateArray());
        string[] paths = [$"/api/traces/{Hex(parent.TraceId)}", "/api/logs?resource=moved", "/api/metrics?name=laps"];
        foreach (var path in paths)
            Assert.Equal(await ContentAsync(from, path), await ContentAsync(to, path));
        using var zip = new ZipArchive(new MemoryStream(archive));
        Assert.Contains(zip.Entries, entry => entry.FullName == "resources.json");
    }

    [Fact]
    public async Task An_import_that_is_no_archive_is_refused()
    {
        using var response = await _dashboard.Api.PostAsync("/api/import", new StringContent("not a zip"), Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("/api/export", await response.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    /// <summary>The answer without the numbers that a dashboard gives to log records as they come in.</summary>
    private static async Task<string> ContentAsync(DashboardProcess dashboard, string path) =>
        NumberOfRecord().Replace(await dashboard.Api.GetStringAsync(path, Cancelled), "");

    [GeneratedRegex("\"number\":[0-9]+,")]
    private static partial Regex NumberOfRecord();

    private HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _dashboard.Frontend };
}
