using System.Globalization;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What <c>deploy/install.sh</c> sees before it changes anything: what is in the way, and what to do about it.</summary>
[Trait("Length", "Long")]
public sealed class InstallPreflightTests
{
    private const string Script = "deploy/install.sh";

    /// <summary>A cluster that makes volumes for claims of no class.</summary>
    private static readonly (string, string) _defaultClass = ("FAKE_DEFAULT_CLASS", "standard");

    /// <summary>A bare apply of the manifests leaves StatefulSets whose claims no overlay may change. What the message says to do leads out.</summary>
    [Fact]
    public async Task Overlay_over_a_bare_apply_is_refused_with_the_way_out()
    {
        using var cluster = new FakeCluster();
        await cluster.KubectlAsync($"apply -k {cluster.PathOf("aspirate-output")}");

        var result = await cluster.RunAsync(Script);

        AssertRefused(cluster, result, "the volumes of minio postgres redis are other ones in overlay 'dev'", "A bare apply of the manifests is installed", "deploy/install.sh --uninstall --overlay dev", "kubectl delete persistentvolumeclaim -n robot data-minio-0 data-postgres-0 data-redis-0");
        await cluster.RunAsync(Script, "--uninstall --overlay dev");
        await cluster.KubectlAsync("delete persistentvolumeclaim -n robot data-minio-0 data-postgres-0 data-redis-0");
        await AssertInstallsAsync(cluster, "");
    }

    [Theory]
    [InlineData("dev", "prod", "minio is not part of overlay 'prod'")]
    [InlineData("prod", "dev", "the ingress api is not part of overlay 'dev'")]
    [InlineData("prod-minio", "dev", "the ingress api is not part of overlay 'dev'", "kubectl delete persistentvolumeclaim -n robot data-minio-0 data-minio-1 data-minio-2 data-minio-3")]
    public async Task Overlay_over_another_one_is_refused_until_that_is_uninstalled(string first, string second, string reason, string? also = null)
    {
        using var cluster = new FakeCluster();
        var secrets = await SecretsAsync(cluster);
        await AssertInstallsAsync(cluster, $"--overlay {first}{secrets}", _defaultClass);

        var result = await cluster.RunAsync(Script, $"--overlay {second}{secrets}", _defaultClass);

        AssertRefused(cluster, result, reason, $"Overlay '{first}' is installed", $"deploy/install.sh --uninstall --overlay {first}", also ?? "");
        if (first != "prod") Assert.Contains("deploy/backup.sh", result.Errors, StringComparison.Ordinal);
        await cluster.RunAsync(Script, $"--uninstall --overlay {first}", _defaultClass);
        if (also is not null) await cluster.KubectlAsync(also["kubectl ".Length..]);
        await AssertInstallsAsync(cluster, $"--overlay {second}{secrets}", _defaultClass);
    }

    [Fact]
    public async Task Store_of_our_own_is_added_to_production()
    {
        using var cluster = new FakeCluster();
        var secrets = await SecretsAsync(cluster);

        await AssertInstallsAsync(cluster, $"--overlay prod{secrets}", _defaultClass);
        await AssertInstallsAsync(cluster, $"--overlay prod-minio{secrets}", _defaultClass);
    }

    /// <summary>What several servers of MinIO keep, one alone cannot read. They are told by what is installed, not by the environment's name.</summary>
    [Fact]
    public async Task Claims_of_several_servers_go_whatever_their_environment_is_called()
    {
        using var cluster = new FakeCluster();
        File.Copy(cluster.PathOf("deploy/environments/prod-minio.json"), cluster.PathOf("deploy/environments/berlin.json"));
        cluster.SetVersion("1.2.3");
        await AssertInstallsAsync(cluster, $"--overlay berlin{await SecretsAsync(cluster)}", _defaultClass);

        var result = await cluster.RunAsync(Script, "", _defaultClass);

        AssertRefused(cluster, result, "Overlay 'berlin' is installed", "kubectl delete persistentvolumeclaim -n robot data-minio-0 data-minio-1 data-minio-2 data-minio-3");
    }

    [Fact]
    public async Task Claims_that_wait_for_another_class_are_named()
    {
        using var cluster = new FakeCluster();
        await cluster.KubectlAsync($"apply -k {cluster.PathOf("aspirate-output")}");
        await cluster.RunAsync(Script, "--uninstall --overlay dev");

        var result = await cluster.RunAsync(Script);

        AssertRefused(cluster, result, "wait for volumes of another class", "kubectl delete persistentvolumeclaim -n robot data-minio-0 data-postgres-0 data-redis-0");
    }

    /// <summary>A namespace that a person removes takes its claims along, and leaves their volumes to nobody.</summary>
    [Fact]
    public async Task Released_volumes_are_named_with_what_to_do()
    {
        using var cluster = await FakeCluster.InstalledAsync();
        await cluster.KubectlAsync("delete namespace robot");

        var result = await cluster.RunAsync(Script);

        AssertRefused(cluster, result, "minio-pv postgres-pv redis-pv (Released)", "kubectl delete persistentvolume minio-pv postgres-pv redis-pv", "/var/lib/robot/postgres");
        await cluster.KubectlAsync("delete persistentvolume minio-pv postgres-pv redis-pv");
        await AssertInstallsAsync(cluster, "");
    }

    [Fact]
    public async Task Namespace_that_is_being_removed_is_named_with_what_holds_it()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, settings: ("FAKE_TERMINATING", "robot"));

        AssertRefused(cluster, result, "namespace 'robot' is still being removed", "kubernetes.io/pvc-protection");
    }

    /// <summary>Nodes as "name, cordoned, taints, CPU, memory"; pods as "node, system, CPU and memory of each container".</summary>
    [Theory]
    [InlineData("a\t\t\t4\t16Gi", "", true)]
    [InlineData("a\t\t\t4\t16Gi", "a\t\t3900m,1Gi ", false)]
    [InlineData("a\t\t\t4\t16Gi", "a\tsimulation-manager\t3900m,1Gi ", true)]
    [InlineData("a\t\t\t4\t16Gi", "a\t\t1.95,512Mi 1950m,512M ", false)]
    [InlineData("a\t\t\t4\t16Gi", "b\t\t3900m,1Gi ", true)]
    [InlineData("a\t\t\t4000m\t200000Ki", "", false)]
    [InlineData("a\t\t\t4e0\t17179869184", "", true)]
    [InlineData("a\t\t\t4\t16G", "a\t\t,14.5Gi ", false)]
    [InlineData("a\ttrue\t\t4\t16Gi", "", false)]
    [InlineData("a\t\tNoSchedule\t4\t16Gi", "", false)]
    [InlineData("a\t\tPreferNoSchedule\t4\t16Gi", "", true)]
    [InlineData("a\t\t\t1\t8Gi\nb\t\t\t1\t8Gi", "", true)]
    [InlineData("400 nodes of 10m", "", false)]
    public async Task Nodes_without_room_are_named_with_the_figures(string nodes, string pods, bool enough)
    {
        using var cluster = new FakeCluster();
        if (nodes == "400 nodes of 10m") nodes = string.Join('\n', Enumerable.Range(0, 400).Select(node => $"{node}\t\t\t10m\t8Gi"));

        // The first apply is refused, so that a run ends there at the latest.
        var result = await cluster.RunAsync(Script, "", ("FAKE_NODES", nodes + "\n"), ("FAKE_PODS", pods.Length == 0 ? "" : pods + "\n"), ("FAIL_ON", "apply -k"));

        if (enough) Assert.Contains("room: ", result.Output, StringComparison.Ordinal);
        else AssertRefused(cluster, result, "the cluster cannot hold overlay 'dev': ", "--ignore-capacity");
    }

    [Fact]
    public async Task Figures_are_those_of_the_manifests()
    {
        var objects = await Kustomize.BuildAsync("overlays/dev");
        var least = objects.OfKind<V2HorizontalPodAutoscaler>().ToDictionary(scaler => scaler.Spec.ScaleTargetRef.Name, scaler => scaler.Spec.MinReplicas);
        var pods = objects.Workloads.ToLookup(pods => pods.Kind == "Job");
        var cpu = pods[false].Sum(item => (least.GetValueOrDefault(item.Name) ?? item.Replicas ?? 1) * CpuOf(item)) + pods[true].Max(CpuOf);
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, "--dry-run");

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"requested by the pods: {cpu:0.####} CPU"), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Person_may_go_on_without_room_where_nodes_are_added()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, "--ignore-capacity", ("FAKE_NODES", "a\t\t\t100m\t1Gi\n"));

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("NOT ENOUGH ROOM", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allocatable.cpu")]
    [InlineData("get pods --all-namespaces")]
    public async Task Person_who_may_not_see_the_nodes_may_go_on_without_knowing(string refused)
    {
        using var cluster = new FakeCluster();

        var without = await cluster.RunAsync(Script, settings: ("FAIL_ON", refused));
        AssertRefused(cluster, without, "--ignore-capacity goes on without");
        var with = await cluster.RunAsync(Script, "--ignore-capacity", ("FAIL_ON", refused));

        Assert.Contains("room: not known", with.Output, StringComparison.Ordinal);
        Assert.True(with.ExitCode == 0, with.Errors);
    }

    /// <summary>A cache of DNS on the nodes answers at addresses that differ by cluster.</summary>
    [Fact]
    public async Task Pods_may_ask_the_DNS_cache_of_their_node()
    {
        using var cluster = new FakeCluster();

        var with = await cluster.RunAsync(Script, settings: ("FAKE_NODE_LOCAL_DNS", "yes"));

        Assert.True(with.ExitCode == 0, with.Errors);
        var policy = cluster.Find<V1NetworkPolicy>("dns-on-node");
        Assert.Equal(["169.254.20.10/32", "10.96.0.10/32"], policy.Spec.Egress[0].To.Select(peer => peer.IpBlock.Cidr));
        Assert.All(policy.Spec.Egress[0].Ports, port => Assert.Equal("53", port.Port.Value));
        Assert.Equal("robot", policy.Metadata.NamespaceProperty);
    }

    private static decimal CpuOf(Pods pods) => pods.Containers.Sum(container => container.Resources.Requests["cpu"].ToDecimal());

    private static async Task<string> SecretsAsync(FakeCluster cluster)
    {
        var file = cluster.PathOf("secrets.env");
        await File.WriteAllTextAsync(file, "external-services/robotdb=Host=db\nexternal-services/redis=cache:6379\nexternal-services/minio=Endpoint=https://s3\n", TestContext.Current.CancellationToken);
        return $" --secrets-file {file}";
    }

    private static async Task AssertInstallsAsync(FakeCluster cluster, string arguments, params (string, string)[] settings)
    {
        var result = await cluster.RunAsync(Script, arguments, settings);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private static void AssertRefused(FakeCluster cluster, Finished result, params string[] messages)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.All(messages, message => Assert.Contains(message, result.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl apply", StringComparison.Ordinal) && !line.Contains("--dry-run=server", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl create", StringComparison.Ordinal));
    }
}
