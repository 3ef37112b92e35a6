using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>An application of one resource, a shell program that talks, with its dashboard.</summary>
public sealed class TalkerApp : IAsyncDisposable
{
    private const string Talkative = "echo hello from the shell; while :; do sleep 0.1; done";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly HttpClient _api = new();

    private TalkerApp(IDistributedApplicationTestingBuilder builder, DistributedApplication app)
    {
        (_builder, Application) = (builder, app);
        Plan = app.Services.GetRequiredService<DashboardPlan>();
        _api.DefaultRequestHeaders.Add("x-api-key", Plan.BrowserToken);
        if (Plan.FrontendUrl.Length > 0)
            _api.BaseAddress = new Uri(Plan.FrontendUrl);
    }

    public DistributedApplication Application { get; }

    /// <summary>The dashboard's pages and data, with the token.</summary>
    public HttpClient Api => _api;

    /// <summary>True: the dashboard was there when the application's start returned, so it was waited for.</summary>
    public bool WasDashboardWaitedFor { get; private init; }

    internal DashboardPlan Plan { get; }

    internal Task<Uri> Login => Application.Services.GetRequiredService<DashboardHost>().Login;

    public static async Task<TalkerApp> StartAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var builder = DistributedApplicationTestingBuilder.Create(arguments, (options, _) => options.DisableDashboard = false);
        var secret = builder.AddParameter("password", "hidden-value", secret: true);
        builder.AddExecutable("talker", "/bin/sh", Path.GetTempPath(), "-c", Talkative)
            .WithEnvironment("PLAIN", "seen")
            .WithEnvironment("CONNECTION", $"Host=here;Secret={secret}");
        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        var isThere = app.Services.GetRequiredService<DashboardHost>().Login.IsCompleted;
        return new TalkerApp(builder, app) { WasDashboardWaitedFor = isThere };
    }

    /// <summary>The talker as the dashboard tells of it, once <paramref name="condition"/> is true of it.</summary>
    public async Task<JsonElement> TalkerAsync(Func<JsonElement, bool> condition, CancellationToken cancellationToken)
    {
        await Login.WaitAsync(Limit, cancellationToken);
        JsonElement found = default;
        await UntilAsync(async () =>
        {
            var resources = await _api.GetFromJsonAsync<JsonElement>("/api/resources", cancellationToken);
            found = resources.EnumerateArray().FirstOrDefault(resource => resource.GetProperty("name").GetString() == "talker");
            return found.ValueKind == JsonValueKind.Object && condition(found);
        });
        return found;
    }

    public Task<JsonElement> RunningTalkerAsync(CancellationToken cancellationToken) =>
        TalkerAsync(resource => resource.GetProperty("state").GetString() == "Running" && resource.GetProperty("processId").ValueKind == JsonValueKind.Number, cancellationToken);

    /// <summary>Waits; while the dashboard is on its way up, nothing is wrong yet.</summary>
    public static Task UntilAsync(Func<Task<bool>> condition) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                return await condition();
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        Limit,
        "the dashboard");

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await Application.DisposeAsync();
        await _builder.DisposeAsync();
    }
}

/// <summary>One such application for the tests that leave it running.</summary>
public sealed class SharedTalkerApp : IAsyncLifetime
{
    private TalkerApp? _app;

    internal TalkerApp App
    {
        get
        {
            Assert.SkipWhen(_app is null, "the program of these tests is a shell script");
            return _app;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsWindows())
            _app = await TalkerApp.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
