using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using SimulationManager.Tests.Worker.Usage;
using SimulationManager.Worker.Telemetry.Usage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Resource usage on a simulation's dashboard, from the worker that plays its agents.</summary>
public class UsageTests(ApiFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("simulations/dashboard")]
    public async Task A_playing_simulation_is_told_its_share_of_what_the_workers_process_uses()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var playing = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template, agents: 5, repeats: 1000, time: 600)));
        var idle = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var execution = await ExecutionTests.StartAsync(user, playing);

        await Wait.UntilAsync(async () => (double)(await UsageAsync(user, playing))["memory"]!["usagePercent"]! > 0, Patience, "the simulation's share");
        var usage = await UsageAsync(user, playing);
        var none = await UsageAsync(user, idle);
        await user.PostAsync($"/api/simulation/{playing}/execution/{execution}/stop");

        Assert.Equal(Sorted("cpu", "memory", "disk"), FieldsOf(usage));
        foreach (var (_, reading) in usage.AsObject())
        {
            Assert.Equal(Sorted("usagePercent", "status", "message"), FieldsOf(reading));
            Assert.Equal("normal", (string)reading!["status"]!);
            Assert.InRange((double)reading["usagePercent"]!, 0, 100);
        }
        Assert.Equal(("normal", 0.0), ((string)none["memory"]!["status"]!, (double)none["memory"]!["usagePercent"]!));
    }

    [Fact]
    [Contract("simulations/dashboard")]
    public async Task In_a_pod_the_clusters_metrics_count_and_a_refusal_is_an_error_with_its_reason()
    {
        await using var cluster = await FakeClusterApi.StartAsync();
        cluster.Usage = null;
        var settings = await fixture.NewSystemAsync(ApiFixture.UsageDatabase);
        foreach (var (name, value) in cluster.Settings) settings[name] = value;
        await using var worker = await WorkerHost.StartAsync(settings);
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), repeats: 1000, time: 600)));
        await UntilAsync(user, id, "cpu", "collecting", 0);

        cluster.Usage = ("500m", "512Mi");
        await Wait.UntilAsync(async () => (await user.PostAsync($"/api/simulation/{id}/start")).Status == HttpStatusCode.OK, Patience, "the worker to be connected");
        // Half a processor of two, half a gibibyte of two, all of it by this simulation's agents.
        await UntilAsync(user, id, "cpu", "normal", 25);
        await UntilAsync(user, id, "memory", "normal", 25);

        cluster.Refusal = HttpStatusCode.Forbidden;
        await UntilAsync(user, id, "cpu", "error", -1);
        Assert.Contains("403", (string)(await UsageAsync(user, id))["disk"]!["message"]!, StringComparison.Ordinal);
        cluster.Refusal = null;
        await UntilAsync(user, id, "cpu", "normal", 25);
    }

    [Fact]
    public async Task A_cluster_whose_certificate_is_of_another_authority_is_not_told_the_token()
    {
        await using var cluster = await FakeClusterApi.StartAsync();
        await using var impostor = await FakeClusterApi.StartAsync();
        var settings = cluster.Settings;
        settings["Usage:Kubernetes:Server"] = impostor.Settings["Usage:Kubernetes:Server"];
        using var source = SourceOf(settings);

        var unknown = await Assert.ThrowsAsync<UsageUnknownException>(() => source.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal("The cluster's metrics API cannot be reached; see the worker's log.", unknown.Message);
    }

    private static KubernetesUsageSource SourceOf(Dictionary<string, string?> settings) => new(
        new KubernetesUsageOptions
        {
            Server = settings["Usage:Kubernetes:Server"]!,
            TokenFile = settings["Usage:Kubernetes:TokenFile"]!,
            CertificateFile = settings["Usage:Kubernetes:CertificateFile"]!,
            Namespace = "robot",
            Pod = "worker-0",
        },
        new ComputeLimits(1, 1),
        TimeProvider.System);

    private static Task UntilAsync(ApiClient user, long id, string resource, string status, double percent) => Wait.UntilAsync(
        async () => (await UsageAsync(user, id))[resource] is { } reading && (string)reading["status"]! == status && (double)reading["usagePercent"]! == percent,
        Patience, $"{resource} to be {status} at {percent} %");

    private static async Task<JsonNode> UsageAsync(ApiClient user, long id) =>
        (await user.GetAsync($"/api/simulation/{id}?view=dashboard")).Expect(HttpStatusCode.OK).Data["resourceUsage"]!;
}
