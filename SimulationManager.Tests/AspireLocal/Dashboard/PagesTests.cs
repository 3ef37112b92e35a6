using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SimulationManager.Tests.EndToEnd;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>The pages in a real browser, beside the whole system.</summary>
[Collection(nameof(AppHostCollection))]
[Trait("Length", "Long")]
public sealed class PagesTests(AppHostFixture appHost, Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly HttpClient _api = new();
    private DistributedApplication _app = null!;
    private Uri _login = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _api.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_run_started_by_curl_is_one_waterfall_from_the_request_to_the_last_call_of_S3_and_Postgres()
    {
        await using var window = await OpenAsync();
        var simulation = await CurlRun.CompleteAsync(_app.GetEndpoint("api", "http"), Cancelled);

        var spans = await SpansOfStartAsync(simulation);
        await window.GoAsync("/traces?text=%2Fapi%2F");
        await window.Page.Locator(".trace-table td").First.WaitForAsync();
        await window.TakePictureAsync("traces");
        await window.GoAsync("/traces?text=%7Bid%3Along%7D%2Fstart");
        await window.Page.Locator(".trace-table a").First.ClickAsync();
        await Assertions.Expect(window.Page.Locator(".waterfall-row").First).ToContainTextAsync("POST /api/simulation/{id:long}/start");
        await window.TakePictureAsync("trace");
        var seen = await RowsAsync(window.Page, spans.Length);
        Assert.Contains(seen, row => row.StartsWith("api", StringComparison.Ordinal) && row.Contains("INSERT INTO executions", StringComparison.Ordinal));
        Assert.Contains(seen, row => row.StartsWith("worker", StringComparison.Ordinal) && row.Contains("GET", StringComparison.Ordinal) && row.Contains("/rosbag-data/", StringComparison.Ordinal));
        Assert.Contains(seen, row => row.StartsWith("worker", StringComparison.Ordinal) && row.Contains("UPDATE executions", StringComparison.Ordinal));
        Assert.Empty(window.Problems);

        await window.Page.Locator(".waterfall").EvaluateAsync("view => view.scrollTop = 0");
        var insert = window.Page.Locator(".waterfall-row", new() { HasText = "INSERT INTO executions" }).First;
        await Wait.UntilAsync(
            async () =>
            {
                if (await insert.IsVisibleAsync()) return true;
                await window.Page.Locator(".waterfall").EvaluateAsync("view => view.scrollTop = view.scrollTop + view.clientHeight >= view.scrollHeight ? 0 : view.scrollTop + 300");
                return false;
            },
            Limit,
            "the row in sight");
        await insert.Locator(".row-button").ClickAsync();
        await window.Page.Locator(".details", new() { HasText = "db.query.text" }).WaitForAsync();
        await window.TakePictureAsync("span");
    }

    [Theory]
    [InlineData("", ColorScheme.Light, "en-US", 1280, "Resources")]
    [InlineData("-dark", ColorScheme.Dark, "ko-KR", 1280, "리소스")]
    [InlineData("-phone", ColorScheme.Light, "en-US", 390, "Resources")]
    public async Task Every_view_opens_by_its_address_without_an_error(string picture, ColorScheme colours, string locale, int width, string heading)
    {
        await using var window = await OpenAsync(colours, locale, width, width < 600 ? 844 : 720);
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync(heading);
        await Assertions.Expect(window.Page.Locator(".resource-table")).ToContainTextAsync("worker");
        await window.TakePictureAsync($"resources{picture}");

        await window.GoAsync("/?view=graph");
        await window.Page.Locator(".chart[data-drawn]").WaitForAsync();
        await window.TakePictureAsync($"graph{picture}");
        await window.GoAsync("/?resource=redis");
        await Assertions.Expect(window.Page.Locator(".details")).ToContainTextAsync("redis://localhost");
        await window.TakePictureAsync($"details{picture}");
        await window.GoAsync("/consolelogs/resource/postgres");
        // The view follows its end, and only lines in sight exist.
        await window.Page.Locator("[data-search]").FillAsync("ready to accept");
        await Assertions.Expect(window.Page.Locator(".console")).ToContainTextAsync("ready to accept connections");
        await window.TakePictureAsync($"console{picture}");
        await window.GoAsync("/structuredlogs?resource=worker");
        await window.Page.Locator("td").First.WaitForAsync();
        await window.TakePictureAsync($"structured-logs{picture}");
        await window.GoAsync("/traces?resource=api");
        await window.Page.Locator(".trace-table td").First.WaitForAsync();
        if (picture.Length > 0)
            await window.TakePictureAsync($"traces{picture}");
        await window.GoAsync("/metrics/resource/api?meter=System.Runtime&instrument=dotnet.process.memory.working_set");
        await window.Page.Locator(".chart[data-drawn]").WaitForAsync();
        await window.TakePictureAsync($"metrics{picture}");
        await window.GoAsync("/session");
        await window.Page.Locator("a[href='/api/export']").WaitForAsync();
        await window.TakePictureAsync($"session{picture}");

        Assert.Empty(window.Problems);
    }

    [Fact]
    public async Task Redis_stopped_from_the_dashboard_makes_the_API_unhealthy_with_the_reason_and_started_again_heals_it()
    {
        await using var window = await OpenAsync();
        var api = window.Page.Locator("tr", new() { Has = window.Page.Locator("a.resource-name", new() { HasTextString = "api" }) });
        var redis = window.Page.Locator("tr", new() { Has = window.Page.Locator("a.resource-name", new() { HasTextString = "redis" }) });

        await CommandAsync(redis, "stop", "Exited");
        await Assertions.Expect(api.Locator(".health")).ToContainTextAsync("redis", new() { Timeout = (float)Limit.TotalMilliseconds, IgnoreCase = true });
        await window.TakePictureAsync("unhealthy");
        // A report that came in between may say that nothing was answered at all.
        var reason = "";
        await Wait.UntilAsync(
            async () => (reason = (await ResourceAsync("api")).GetProperty("health")[0].GetProperty("reason").GetString()!).Contains("redis", StringComparison.OrdinalIgnoreCase),
            Limit,
            "the reason by the API");
        // The details tell of a change while they are open.
        await window.GoAsync("/?resource=redis");
        var details = window.Page.Locator(".details");
        await Assertions.Expect(details.Locator(".state")).ToContainTextAsync("Exited");
        await CommandAsync(details, "start", "Running");
        await Assertions.Expect(details.Locator(".state")).ToContainTextAsync("Running");
        foreach (var name in (string[])["redis", "api", "worker"])
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(name, Cancelled).WaitAsync(Limit, Cancelled);

        Assert.DoesNotContain("Exception", reason, StringComparison.Ordinal);
        await Assertions.Expect(api.Locator(".health")).ToHaveCountAsync(0, new() { Timeout = (float)Limit.TotalMilliseconds });
        Assert.Empty(window.Problems);
    }

    [Fact]
    public async Task Secrets_reach_the_page_only_when_they_are_asked_for()
    {
        await using var window = await OpenAsync();
        var password = (await _app.GetConnectionStringAsync("redis", Cancelled))!.Split("password=")[1].Split(',')[0];

        await window.GoAsync("/?resource=api");
        var details = window.Page.Locator(".details");
        await Assertions.Expect(details).ToContainTextAsync("ConnectionStrings__redis");
        var masked = await window.Page.ContentAsync();
        await details.GetByRole(AriaRole.Button, new() { Name = "Show secrets" }).ClickAsync();
        await Assertions.Expect(details).ToContainTextAsync(password);

        Assert.DoesNotContain(password, masked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_telemetry_says_is_text_on_every_page_and_keys_lead_to_the_views()
    {
        const string hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        await using var window = await OpenAsync();
        var trace = await SendAsync(hostile);

        await window.GoAsync($"/structuredlogs?resource={Uri.EscapeDataString(hostile)}");
        await Assertions.Expect(window.Page.Locator("td", new() { HasTextString = hostile }).First).ToBeVisibleAsync();
        await window.GoAsync($"/traces/detail/{trace}?spanId=00f067aa0ba902b7");
        await Assertions.Expect(window.Page.Locator(".details")).ToContainTextAsync(hostile);
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Page.Locator(".details")).ToHaveCountAsync(0);
        await window.Page.Keyboard.PressAsync("m");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Uri(_login, "/metrics").ToString());
        await window.Page.Keyboard.PressAsync("t");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Uri(_login, "/traces").ToString());
        // The system's own traces push this one out of sight; the search brings it back.
        await window.Page.Locator(".trace-table").WaitForAsync();
        await window.Page.Keyboard.PressAsync("/");
        await Assertions.Expect(window.Page.Locator("[data-search]")).ToBeFocusedAsync();
        await window.Page.Keyboard.TypeAsync(hostile);
        await Assertions.Expect(window.Page.Locator(".trace-table")).ToContainTextAsync(hostile);

        Assert.Empty(window.Problems);
    }

    /// <summary>A window of the dashboard beside the running system, logged in by the printed address.</summary>
    private async Task<Window> OpenAsync(ColorScheme colours = ColorScheme.Light, string locale = "en-US", int width = 1280, int height = 720)
    {
        _app = await appHost.ApplicationAsync(Cancelled);
        _login = await _app.Services.GetRequiredService<DashboardHost>().Login.WaitAsync(Limit, Cancelled);
        var plan = _app.Services.GetRequiredService<DashboardPlan>();
        _api.BaseAddress ??= new Uri(plan.FrontendUrl);
        _api.DefaultRequestHeaders.Remove("x-api-key");
        _api.DefaultRequestHeaders.Add("x-api-key", plan.BrowserToken);
        return await browser.OpenAsync(_login, colours, locale, width, height);
    }

    /// <summary>Gives a command to a resource and waits for the state that it leads to. A click that a busy machine lost is made again.</summary>
    private static async Task CommandAsync(ILocator resource, string command, string state)
    {
        for (var attempt = 1; ; attempt++)
        {
            var button = resource.Locator($"[data-command='{command}'], [data-command='resource-{command}']");
            if (await button.IsEnabledAsync()) await button.ClickAsync();
            try
            {
                await Assertions.Expect(resource).ToContainTextAsync(state);
                return;
            }
            catch (PlaywrightException) when (attempt < 3)
            {
                // Its last failure is the test's.
            }
        }
    }

    /// <summary>All spans of the trace in which a simulation was started, once its end has been reported and it is one tree: each service reports by itself.</summary>
    private async Task<JsonElement[]> SpansOfStartAsync(string simulation)
    {
        JsonElement[] spans = [];
        await Wait.UntilAsync(
            async () =>
            {
                var traces = await _api.GetFromJsonAsync<JsonElement>($"/api/traces?text=%2Fstart&filter=url.path%3D%2Fapi%2Fsimulation%2F{simulation}%2Fstart", Cancelled);
                if (traces.GetProperty("total").GetInt32() != 1)
                    return false;
                var trace = await _api.GetFromJsonAsync<JsonElement>($"/api/traces/{traces.GetProperty("items")[0].GetProperty("traceId").GetString()}", Cancelled);
                spans = [.. trace.GetProperty("spans").EnumerateArray()];
                var ids = spans.Select(span => span.GetProperty("spanId").GetString()).ToHashSet();
                return Array.Exists(spans, span => span.GetProperty("name").GetString() == "execution")
                    && spans.Count(span => !ids.Contains(span.GetProperty("parentSpanId").GetString())) == 1;
            },
            Limit,
            "the trace of the run as one tree");
        return spans;
    }

    /// <summary>The texts of all rows, as many as there are spans or more, if some came late; only rows in sight exist, so this scrolls through them.</summary>
    private static async Task<IReadOnlyCollection<string>> RowsAsync(IPage page, int spans)
    {
        var seen = new Dictionary<string, string>();
        await Wait.UntilAsync(
            async () =>
            {
                for (var (offset, atEnd) = (0, false); !atEnd; offset += 300)
                {
                    atEnd = await page.Locator(".waterfall").EvaluateAsync<bool>("(view, offset) => { view.scrollTop = offset; return view.scrollTop < offset; }", offset);
                    await page.Locator(".waterfall-row").Last.WaitForAsync();
                    foreach (var row in await page.Locator(".waterfall-row").EvaluateAllAsync<string[][]>("rows => rows.map(row => [row.dataset.span, row.querySelector('.row-button').innerText])"))
                        seen[row[0]] = row[1].ReplaceLineEndings(" ").Trim();
                }

                return seen.Count >= spans;
            },
            Limit,
            $"the rows of {spans} spans");
        return seen.Values;
    }

    private async Task<JsonElement> ResourceAsync(string name) =>
        (await _api.GetFromJsonAsync<JsonElement>("/api/resources", Cancelled)).EnumerateArray().Single(resource => resource.GetProperty("name").GetString() == name);

    /// <summary>A log record and a span in which every text is <paramref name="text"/>.</summary>
    private async Task<string> SendAsync(string text)
    {
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var plan = _app.Services.GetRequiredService<DashboardPlan>();
        var resource = new { attributes = new[] { new { key = "service.name", value = new { stringValue = text } } } };
        var time = ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(System.Globalization.CultureInfo.InvariantCulture);
        object logs = new { resourceLogs = new[] { new { resource, scopeLogs = new[] { new { logRecords = new[] { new { timeUnixNano = time, severityNumber = 9, body = new { stringValue = text } } } } } } } };
        object traces = new { resourceSpans = new[] { new { resource, scopeSpans = new[] { new { spans = new[] { new { traceId = trace, spanId = "00f067aa0ba902b7", name = text, kind = 2, startTimeUnixNano = time, endTimeUnixNano = time, attributes = resource.attributes } } } } } } };
        using var http = new HttpClient { BaseAddress = new Uri(plan.OtlpHttpUrl) };
        http.DefaultRequestHeaders.Add("x-otlp-api-key", plan.OtlpApiKey);
        foreach (var (path, body) in ((string, object)[])[("/v1/logs", logs), ("/v1/traces", traces)])
        {
            using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(path, content, Cancelled);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
        }

        return trace;
    }
}
