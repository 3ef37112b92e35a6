using System.Globalization;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>Two workers under the AppHost.</summary>
[Trait("Length", "Long")]
[Collection(nameof(AppHostCollection))]
public sealed class TwoSilosTests : IDisposable
{
    private const int Agents = 100;
    private const int Repeats = 3;
    private const int MessagesPerPass = 113;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly TestFolder _data = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public TwoSilosTests() => _limit.CancelAfter(Limit);

    public void Dispose()
    {
        _limit.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Two_workers_share_a_run_and_one_that_was_killed_is_started_again_while_it_completes()
    {
        await using var app = await StartAsync();
        using var client = await new ApiClient(app.GetEndpoint("api", "http")).SignedInAsync($"{Guid.NewGuid():N}@tests.example", "general");
        var template = await TestBundle.UploadAsync(client);
        var simulation = await Plans.CreateAsync(client, Plans.Parallel(Plans.NewName(), Plans.Group(template, agents: Agents, time: 120, repeats: Repeats)));
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Expect(HttpStatusCode.OK).Data["executionId"]!;
        await Wait.UntilAsync(async () => await CountSilosAsync(app, execution) == 2, TimeSpan.FromSeconds(60), "two silos to share the run");

        var victim = await app.ResourceNotifications.WaitForResourceAsync("worker", change => PidOf(change) is not null, _limit.Token);
        Assert.Equal(0, (await ChildProcess.RunAsync("kill", "-KILL", PidOf(victim)!)).ExitCode);
        await app.ResourceNotifications.WaitForResourceAsync(
            "worker", change => change.ResourceId == victim.ResourceId && KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text), _limit.Token);
        var started = await app.ResourceCommands.ExecuteCommandAsync(victim.ResourceId, KnownResourceCommands.StartCommand, _limit.Token);

        Assert.True(started.Success, started.Message);
        await app.ResourceNotifications.WaitForResourceAsync(
            "worker", change => change.ResourceId == victim.ResourceId && IsHealthy(change), _limit.Token);
        await Wait.UntilAsync(
            async () => (await client.GetAsync($"/api/simulation/{simulation}/status")).Text.Contains("\"status\":\"COMPLETED\"", StringComparison.Ordinal), TimeSpan.FromSeconds(90), "the run to complete");
        var report = (await client.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK);
        Assert.Contains($"\"messagesOut\":{Agents * Repeats * MessagesPerPass}", report.Text, StringComparison.Ordinal);
    }

    private async Task<DistributedApplication> StartAsync()
    {
        var app = await AppHostFixture.StartAsync(_data.Path, ["--Replicas:worker=2", "--Demo:Enabled=false"], _limit.Token);
        var healthy = new HashSet<string>();
        await app.ResourceNotifications.WaitForResourceAsync("worker", change =>
        {
            if (IsHealthy(change)) healthy.Add(change.ResourceId);
            return healthy.Count == 2;
        }, _limit.Token);
        return app;
    }

    private async Task<long> CountSilosAsync(DistributedApplication app, long execution)
    {
        await using var source = NpgsqlDataSource.Create(await app.GetConnectionStringAsync("robotdb", _limit.Token) ?? "");
        await using var command = source.CreateCommand($"SELECT count(DISTINCT silo) FROM execution_cohorts WHERE execution_id = {execution}");
        return (long)(await command.ExecuteScalarAsync(_limit.Token))!;
    }

    private static bool IsHealthy(ResourceEvent change) => change.Snapshot.HealthStatus == HealthStatus.Healthy;

    private static string? PidOf(ResourceEvent change) =>
        Convert.ToString(change.Snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value, CultureInfo.InvariantCulture) is { Length: > 0 } pid ? pid : null;
}
