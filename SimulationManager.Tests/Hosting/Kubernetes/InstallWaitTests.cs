using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What <c>deploy/install.sh</c> waits for, when it stops waiting, and the jobs it leaves.</summary>
[Trait("Length", "Long")]
public sealed class InstallWaitTests
{
    private const string Script = "deploy/install.sh";

    /// <summary>With 300 s for each wait these runs would be ended by force.</summary>
    [Theory]
    [InlineData("FAKE_NO_IMAGE", "simulationmanager-", "job migration-", "pull access denied", "--build --load kind")]
    [InlineData("FAKE_NO_IMAGE", "prom/prometheus", "metrics did not come up", "ImagePullBackOff", "The nodes do not reach its registry")]
    [InlineData("FAKE_KUBELETS", "no-ip-sans", "metrics-server did not come up", "doesn't contain any IP SANs", "serverTLSBootstrap: true")]
    [InlineData("FAKE_NO_ROOM", "worker", "worker did not come up", "1 Insufficient cpu", "free some, or add a node")]
    public async Task Wait_in_vain_ends_with_the_reason_and_what_to_do(string name, string value, params string[] messages)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, settings: [(name, value), ("PATIENCE_SECONDS", "0")]);

        AssertFailed(result, messages);
    }

    [Fact]
    public async Task Claim_without_a_class_in_a_cluster_without_a_default_is_no_reason_to_wait()
    {
        using var cluster = new FakeCluster();
        var file = cluster.PathOf("secrets.env");
        await File.WriteAllTextAsync(file, "external-services/robotdb=a\nexternal-services/redis=b\nexternal-services/minio=c\n", TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, $"--overlay prod-minio --secrets-file {file}", ("PATIENCE_SECONDS", "0"));

        AssertFailed(result, "minio did not come up", "unbound immediate PersistentVolumeClaims", "default storage class");
    }

    [Fact]
    public async Task Secret_that_nobody_makes_is_no_reason_to_wait()
    {
        using var cluster = new FakeCluster();
        await ChangeAsync(cluster, "redis/statefulset.yaml", "name: redis-credentials", "name: redis-login");

        var result = await cluster.RunAsync(Script);

        AssertFailed(result, "redis did not come up", "secret \"redis-login\" not found", "secrets.tsv");
    }

    [Theory]
    [InlineData("", "60")]
    [InlineData(" --ignore-capacity", "0")]
    public async Task Pod_without_a_node_is_waited_for_while_a_node_may_come(string option, string patience)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, $"--timeout 1{option}", ("FAKE_NO_ROOM", "worker"), ("PATIENCE_SECONDS", patience));

        AssertFailed(result, "worker did not come up", "longer than 1 s");
    }

    [Fact]
    public async Task Service_that_was_scaled_to_nothing_comes_back()
    {
        using var cluster = await FakeCluster.InstalledAsync();
        await cluster.KubectlAsync("scale deployment/api --replicas 0");
        await cluster.KubectlAsync("scale deployment/worker --replicas 0");

        var result = await cluster.RunAsync(Script);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(("2", "2"), (cluster.Replicas("worker"), cluster.Replicas("api")));
        Assert.Contains("api was scaled to 0", result.Output, StringComparison.Ordinal);
    }

    /// <summary>The pods of a job that exists cannot be changed, whatever changes under the same version.</summary>
    [Fact]
    public async Task Other_registry_under_the_same_version_installs_and_the_finished_job_goes()
    {
        using var cluster = await FakeCluster.InstalledAsync();
        var before = Assert.Single(cluster.Objects, IsMigration);
        await GenerateWithRegistryAsync(cluster);

        var result = await cluster.RunAsync(Script);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.NotEqual(before, Assert.Single(cluster.Objects, IsMigration));
    }

    [Fact]
    public async Task Job_that_still_runs_stays()
    {
        using var cluster = await FakeCluster.InstalledAsync();
        var before = Assert.Single(cluster.Objects, IsMigration);
        await GenerateWithRegistryAsync(cluster);

        await cluster.RunAsync(Script, settings: ("FAKE_RUNNING", before.Split(' ')[1]));

        Assert.Equal(2, cluster.Objects.Count(IsMigration));
        Assert.Contains(before, cluster.Objects);
    }

    [Fact]
    public async Task Job_that_was_changed_by_hand_is_refused_before_anything_is_changed()
    {
        using var cluster = await FakeCluster.InstalledAsync();
        await ChangeAsync(cluster, "migration/job.yaml", "- \"--migrate\"", "- \"--migrate-all\"");

        var result = await cluster.RunAsync(Script);

        AssertFailed(result, "the cluster refuses the manifests; nothing was changed", "field is immutable");
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl apply", StringComparison.Ordinal) && !line.Contains("--dry-run=server", StringComparison.Ordinal));
    }

    private static bool IsMigration(string item) => item.StartsWith("Job migration-", StringComparison.Ordinal);

    private static async Task GenerateWithRegistryAsync(FakeCluster cluster)
    {
        var version = (await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken)).Trim();
        var manifest = AspireManifest.Parse(await File.ReadAllTextAsync(ManifestTests.Reference, TestContext.Current.CancellationToken));
        var environments = EnvironmentFile.ReadAll(Repository.PathOf(EnvironmentFile.DefaultFolder)).Select(environment => environment with { Registry = "registry.example.org" });
        ManifestGeneration.Generate(manifest, SystemSettings.Of(version), environments).Write(cluster.PathOf("aspirate-output"));
    }

    private static async Task ChangeAsync(FakeCluster cluster, string manifest, string from, string to)
    {
        var file = cluster.PathOf($"aspirate-output/{manifest}");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    private static void AssertFailed(Finished result, params string[] messages)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.All(messages, message => Assert.Contains(message, result.Errors, StringComparison.Ordinal));
    }
}
