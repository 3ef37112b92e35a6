using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>The dashboard as the AppHost runs it, with a resource that is a shell program.</summary>
public sealed class DashboardHostTests : IAsyncDisposable
{
    private const string Talkative = "echo hello from the shell; while :; do sleep 0.1; done";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _app;
    private HttpClient? _api;

    public DashboardHostTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the program of these tests is a shell script");
        _limit.CancelAfter(Limit);
    }

    private CancellationToken Cancelled => _limit.Token;

    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
        if (_builder is not null)
            await _builder.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task Resources_are_shown_with_state_use_and_masked_secrets()
    {
        await StartAsync();

        var talker = await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running" && resource.GetProperty("processId").ValueKind == JsonValueKind.Number);

        Assert.Equal("Executable", talker.GetProperty("type").GetString());
        var variables = talker.GetProperty("environment").EnumerateArray().ToDictionary(variable => variable.GetProperty("name").GetString()!, variable => variable.GetProperty("value").GetString());
        Assert.Equal("seen", variables["PLAIN"]);
        Assert.DoesNotContain("hidden-value", variables["CONNECTION"], StringComparison.Ordinal);
        var revealed = await _api!.GetStringAsync("/api/resources?reveal=true", Cancelled);
        Assert.Contains("hidden-value", revealed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_and_start_from_the_dashboard_stop_and_start_the_resource()
    {
        await StartAsync();
        await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running");

        using var stopped = await _api!.PostAsync("/api/resources/talker/commands/stop", null, Cancelled);
        await WaitForAsync(resource => resource.GetProperty("state").GetString() is "Exited" or "Finished");
        using var started = await _api.PostAsync("/api/resources/talker/commands/start", null, Cancelled);
        await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running");
        using var unknown = await _api.PostAsync("/api/resources/talker/commands/dance", null, Cancelled);

        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
    }

    [Fact]
    public async Task Executables_are_told_where_to_send_telemetry_and_with_which_key()
    {
        await StartAsync(builder => builder.AddProject("unbuilt", "nowhere.csproj"));
        var plan = _app!.Services.GetRequiredService<DashboardPlan>();
        var configuration = _app.Services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>();

        Assert.Equal(plan.OtlpGrpcUrl, configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]);
        Assert.Equal(plan.OtlpApiKey, configuration["AppHost:OtlpApiKey"]);
        Assert.NotEqual(plan.OtlpApiKey, plan.BrowserToken);
    }

    [Fact]
    public async Task The_application_stops_in_time_while_somebody_looks_at_the_dashboard()
    {
        await StartAsync();
        await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running");
        var watch = Stopwatch.StartNew();

        await _app!.StopAsync(Cancelled);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task A_killed_dashboard_comes_back_and_the_resources_run_on()
    {
        await StartAsync();
        var before = await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running");
        var plan = _app!.Services.GetRequiredService<DashboardPlan>();
        var dashboard = Aspire.Hosting.LocalRuntime.LoopbackPorts.FindHolder(new Uri(plan.FrontendUrl).Port);
        Assert.SkipWhen(dashboard is null, "the system does not tell which process holds a port");

        Process.GetProcessById(dashboard.Value).Kill();
        await WaitUntilAsync(() => Aspire.Hosting.LocalRuntime.LoopbackPorts.FindHolder(new Uri(plan.FrontendUrl).Port) is { } holder && holder != dashboard);
        var after = await WaitForAsync(resource => resource.GetProperty("state").GetString() == "Running");

        Assert.Equal(before.GetProperty("processId").GetInt32(), after.GetProperty("processId").GetInt32());
    }

    [Fact]
    public async Task A_taken_port_is_named_with_its_setting_and_the_resources_start_all_the_same()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await StartAsync(arguments: [$"ASPNETCORE_URLS=http://localhost:{port}"]);
        await _app!.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Running, Cancelled);

        var problem = _app.Services.GetRequiredService<DashboardPlan>().Problem;
        Assert.Contains($"{port}", problem, StringComparison.Ordinal);
        Assert.Contains("ASPNETCORE_URLS", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_start_is_not_delayed_by_the_dashboard()
    {
        var watch = Stopwatch.StartNew();
        await StartAsync();
        var started = watch.Elapsed;
        var login = await _app!.Services.GetRequiredService<DashboardHost>().Login.WaitAsync(Cancelled);

        Assert.Contains("/login?t=", login.ToString(), StringComparison.Ordinal);
        Assert.True(started < watch.Elapsed, "The dashboard was waited for.");
    }

    private async Task StartAsync(Action<IDistributedApplicationTestingBuilder>? describe = null, params string[] arguments)
    {
        _builder = DistributedApplicationTestingBuilder.Create(arguments, (options, _) => options.DisableDashboard = false);
        var secret = _builder.AddParameter("password", "hidden-value", secret: true);
        _builder.AddExecutable("talker", "/bin/sh", Path.GetTempPath(), "-c", Talkative)
            .WithEnvironment("PLAIN", "seen")
            .WithEnvironment("CONNECTION", $"Host=here;Secret={secret}");
        describe?.Invoke(_builder);
        _app = await _builder.BuildAsync(Cancelled);
        await _app.StartAsync(Cancelled);
        var plan = _app.Services.GetRequiredService<DashboardPlan>();
        _api = new HttpClient { BaseAddress = new Uri(plan.FrontendUrl) };
        _api.DefaultRequestHeaders.Add("x-api-key", plan.BrowserToken);
    }

    private async Task<JsonElement> WaitForAsync(Func<JsonElement, bool> condition)
    {
        await _app!.Services.GetRequiredService<DashboardHost>().Login.WaitAsync(Cancelled);
        JsonElement found = default;
        await WaitUntilAsync(async () =>
        {
            var resources = await _api!.GetFromJsonAsync<JsonElement>("/api/resources", Cancelled);
            found = resources.EnumerateArray().FirstOrDefault(resource => resource.GetProperty("name").GetString() == "talker");
            return found.ValueKind == JsonValueKind.Object && condition(found);
        });
        return found;
    }

    private Task WaitUntilAsync(Func<bool> condition) => WaitUntilAsync(() => Task.FromResult(condition()));

    private async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        while (true)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException)
            {
                // The dashboard is on its way up.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Cancelled);
        }
    }
}
