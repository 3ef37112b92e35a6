namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>
/// Two dashboards for all tests that tell their telemetry apart by service name: one as it comes, one that keeps little.
/// The tests of the collection run one after another.
/// </summary>
public sealed class SharedDashboard : IAsyncLifetime
{
    public const int SmallLogCount = 50;
    public const int SmallTraceCount = 60;
    public const int SmallPointCount = 100;
    public const int SmallSpansPerTrace = 10;
    public const int SmallTraceMegabytes = 1;

    public DashboardProcess Process { get; private set; } = null!;

    public DashboardProcess Small { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        var both = await Task.WhenAll(
            DashboardProcess.StartAsync(cancelled),
            DashboardProcess.StartAsync(
                cancelled,
                ("DASHBOARD__TELEMETRYLIMITS__MAXLOGCOUNT", $"{SmallLogCount}"),
                ("DASHBOARD__TELEMETRYLIMITS__MAXTRACECOUNT", $"{SmallTraceCount}"),
                ("DASHBOARD__TELEMETRYLIMITS__MAXMETRICSCOUNT", $"{SmallPointCount}"),
                ("DASHBOARD__TELEMETRYLIMITS__MAXSPANSPERTRACE", $"{SmallSpansPerTrace}"),
                ("DASHBOARD__TELEMETRYLIMITS__MAXTRACEMEGABYTES", $"{SmallTraceMegabytes}")));
        (Process, Small) = (both[0], both[1]);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Small.DisposeAsync();
    }
}

[CollectionDefinition(nameof(DashboardCollection))]
public sealed class DashboardCollection : ICollectionFixture<SharedDashboard>;
