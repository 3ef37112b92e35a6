using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>The dashboard as the AppHost runs it.</summary>
public sealed class DashboardHostTests(SharedTalkerApp shared) : IClassFixture<SharedTalkerApp>
{
    private readonly TalkerApp _app = shared.App;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resources_are_shown_with_state_use_and_masked_secrets()
    {
        var talker = await _app.RunningTalkerAsync(Cancelled);

        Assert.Equal("Executable", talker.GetProperty("type").GetString());
        var variables = talker.GetProperty("environment").EnumerateArray().ToDictionary(variable => variable.GetProperty("name").GetString()!, variable => variable.GetProperty("value").GetString());
        Assert.Equal("seen", variables["PLAIN"]);
        Assert.DoesNotContain("hidden-value", variables["CONNECTION"], StringComparison.Ordinal);
        var revealed = await _app.Api.GetStringAsync("/api/resources?reveal=true", Cancelled);
        Assert.Contains("hidden-value", revealed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_and_start_from_the_dashboard_stop_and_start_the_resource()
    {
        await _app.RunningTalkerAsync(Cancelled);

        using var stopped = await _app.Api.PostAsync("/api/resources/talker/commands/stop", null, Cancelled);
        await _app.TalkerAsync(resource => resource.GetProperty("state").GetString() is "Exited" or "Finished", Cancelled);
        using var started = await _app.Api.PostAsync("/api/resources/talker/commands/start", null, Cancelled);
        await _app.RunningTalkerAsync(Cancelled);
        using var unknown = await _app.Api.PostAsync("/api/resources/talker/commands/dance", null, Cancelled);

        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
    }

    [Fact]
    public void Resources_are_told_where_to_send_telemetry_and_with_which_key()
    {
        var configuration = _app.Application.Services.GetRequiredService<IConfiguration>();

        Assert.Equal(_app.Plan.OtlpGrpcUrl, configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]);
        Assert.Equal(_app.Plan.OtlpApiKey, configuration["AppHost:OtlpApiKey"]);
        Assert.NotEqual(_app.Plan.OtlpApiKey, _app.Plan.BrowserToken);
    }

    [Fact]
    public async Task A_killed_dashboard_comes_back_and_the_resources_run_on()
    {
        var before = await _app.RunningTalkerAsync(Cancelled);
        var port = new Uri(_app.Plan.FrontendUrl).Port;
        var dashboard = LoopbackPorts.FindHolder(port);
        Assert.SkipWhen(dashboard is null, "the system does not tell which process holds a port");

        Process.GetProcessById(dashboard.Value).Kill();
        await TalkerApp.UntilAsync(() => Task.FromResult(LoopbackPorts.FindHolder(port) is { } holder && holder != dashboard));
        var after = await _app.RunningTalkerAsync(Cancelled);

        Assert.Equal(before.GetProperty("processId").GetInt32(), after.GetProperty("processId").GetInt32());
    }

    [Fact]
    public async Task The_start_does_not_wait_for_the_dashboard_which_tells_its_address_with_the_token()
    {
        var login = await _app.Login.WaitAsync(Cancelled);

        Assert.EndsWith($"/login?t={_app.Plan.BrowserToken}", login.ToString(), StringComparison.Ordinal);
        Assert.False(_app.WasDashboardWaitedFor);
    }

    [Fact]
    public async Task The_application_stops_while_somebody_looks_and_the_dashboard_goes_with_it()
    {
        await using var app = await TalkerApp.StartAsync(Cancelled);
        await app.RunningTalkerAsync(Cancelled);
        using var page = await app.Api.GetAsync("/consolelogs/resource/talker", HttpCompletionOption.ResponseHeadersRead, Cancelled);
        using var sender = new TcpClient();
        await sender.ConnectAsync("localhost", new Uri(app.Plan.OtlpGrpcUrl).Port, Cancelled);

        await app.Application.StopAsync(Cancelled);

        await TalkerApp.UntilAsync(() => Task.FromResult(LoopbackPorts.FindHolder(new Uri(app.Plan.FrontendUrl).Port) is null));
    }

    [Fact]
    public async Task A_taken_port_is_named_with_its_setting_and_the_resources_start_all_the_same()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var app = await TalkerApp.StartAsync(Cancelled, $"ASPNETCORE_URLS=http://localhost:{port}");
        await app.Application.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Running, Cancelled);

        Assert.Contains($"{port}", app.Plan.Problem, StringComparison.Ordinal);
        Assert.Contains("ASPNETCORE_URLS", app.Plan.Problem, StringComparison.Ordinal);
    }
}
