using System.Net;
using k8s;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What <c>kubectl kustomize</c> makes of the committed folders.</summary>
public sealed class OverlayTests
{
    public static TheoryData<string, string> OverlaysAndChecks
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var overlay in Kustomize.Overlays)
                foreach (var check in Checks.All.Keys)
                    data.Add(overlay, check);
            return data;
        }
    }

    [Theory, MemberData(nameof(OverlaysAndChecks))]
    public async Task Overlay_passes_check(string overlay, string check)
    {
        var objects = await Kustomize.BuildAsync(overlay);

        Assert.NotEmpty(objects.All);
        Assert.Empty(Checks.All[check](objects));
    }

    [Theory]
    [InlineData("overlays/dev", true)]
    [InlineData("overlays/prod", false)]
    [InlineData("overlays/prod-minio", false)]
    public async Task Metrics_server_accepts_any_kubelet_in_development_only(string overlay, bool insecure)
    {
        var objects = await Kustomize.BuildAsync(overlay);

        var args = objects.Find<V1Deployment>("metrics-server").Spec.Template.Spec.Containers[0].Args;

        Assert.Equal(insecure, args.Contains("--kubelet-insecure-tls"));
        Assert.Contains("--metric-resolution=15s", args);
        Assert.Contains("--kubelet-preferred-address-types=InternalIP,Hostname,InternalDNS,ExternalDNS,ExternalIP", args);
        Assert.Contains("--kubelet-use-node-status-port", args);
        Assert.Equal("kube-system", objects.Find<V1Deployment>("metrics-server").Metadata.NamespaceProperty);
    }

    [Fact]
    public async Task Development_has_the_node_ports_that_outsiders_rely_on()
    {
        var objects = await Kustomize.BuildAsync("overlays/dev");

        var ports = objects.OfKind<V1Service>().SelectMany(service => service.Spec.Ports).Where(port => port.NodePort is not null).ToDictionary(port => port.NodePort!.Value, port => port.Port);

        Assert.Equal(new Dictionary<int, int> { [30020] = 8080, [30333] = 9000, [30334] = 9001 }, ports);
    }

    [Theory]
    [InlineData("postgres-pv", "5Gi")]
    [InlineData("minio-pv", "1Gi")]
    public async Task Development_keeps_data_on_the_node(string name, string size)
    {
        var volume = (await Kustomize.BuildAsync("overlays/dev")).Find<V1PersistentVolume>(name);

        Assert.Equal(size, volume.Spec.Capacity["storage"].ToString());
        Assert.Equal("Retain", volume.Spec.PersistentVolumeReclaimPolicy);
        Assert.NotNull(volume.Spec.HostPath);
        Assert.Equal("volumes", volume.Metadata.Labels["simulation-manager/stage"]);
    }

    [Fact]
    public async Task Production_has_no_store_of_its_own_and_takes_every_connection_from_outside()
    {
        var objects = await Kustomize.BuildAsync("overlays/prod");

        var sources = objects.Workloads.SelectMany(pods => pods.Containers).SelectMany(container => container.Env ?? [])
            .Where(variable => variable.Name.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).Select(variable => variable.ValueFrom.SecretKeyRef.Name);

        Assert.Empty(objects.OfKind<V1StatefulSet>());
        Assert.Equal(9, sources.Count());
        Assert.All(sources, source => Assert.Equal("external-services", source));
        Assert.Single(objects.OfKind<V1Ingress>());
    }

    /// <summary>It asks nobody for a password, and what is no store of the system is no managed service either.</summary>
    [Theory]
    [InlineData("overlays/dev", true)]
    [InlineData("overlays/prod", false)]
    [InlineData("overlays/prod-minio", false)]
    public async Task Broker_is_for_development_only_and_without_it_nothing_knows_of_one(string overlay, bool isThere)
    {
        var objects = await Kustomize.BuildAsync(overlay);

        Assert.Equal(isThere, objects.Workloads.Any(pods => pods.Name == "mqtt"));
        Assert.Equal(isThere, ReferenceChecks.Settings(objects).Any(setting => setting.Text.Contains("mqtt", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(isThere, objects.OfKind<V1NetworkPolicy>().Any(policy => policy.Metadata.Name.StartsWith("mqtt", StringComparison.Ordinal)));
        Assert.DoesNotContain("mqtt", await File.ReadAllTextAsync(Repository.PathOf($"aspirate-output/{overlay}/secrets.tsv"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("overlays/dev", "10.244.0.7", false)]
    [InlineData("overlays/prod", "10.244.0.7", true)]
    [InlineData("overlays/prod-minio", "172.17.3.4", true)]
    [InlineData("overlays/prod", "fd12:3456::7", true)]
    [InlineData("overlays/prod", "203.0.113.9", false)]
    public async Task Production_believes_what_pods_say_of_a_client_and_nobody_else(string overlay, string address, bool believed)
    {
        var settings = (await Kustomize.BuildAsync(overlay)).OfKind<V1ConfigMap>().Single(map => map.Metadata.Name.StartsWith("api-env", StringComparison.Ordinal)).Data;

        var networks = settings.Where(entry => entry.Key.StartsWith("ForwardedHeaders__KnownNetworks__", StringComparison.Ordinal)).Select(entry => IPNetwork.Parse(entry.Value));

        Assert.Equal(believed, networks.Any(network => network.Contains(IPAddress.Parse(address))));
    }

    [Fact]
    public async Task Distributed_store_has_four_pods_on_four_nodes_that_start_together()
    {
        var objects = await Kustomize.BuildAsync("overlays/prod-minio");

        var set = objects.Find<V1StatefulSet>("minio");

        Assert.Equal(4, set.Spec.Replicas);
        Assert.Equal("Parallel", set.Spec.PodManagementPolicy);
        Assert.NotEmpty(set.Spec.Template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution);
        Assert.Contains("http://minio-{0...3}.minio-pods.robot.svc.cluster.local:9000/data", set.Spec.Template.Spec.Containers[0].Args);
        Assert.Contains(objects.OfKind<V1PodDisruptionBudget>(), budget => budget.Metadata.Name == "minio");
        Assert.Contains("minio -> minio:9000", NetworkChecks.Allowed(objects));
    }

    [Fact]
    public async Task Silos_leave_one_by_one_with_time_to_hand_over()
    {
        var worker = (await Kustomize.BuildAsync("")).Find<V1Deployment>("worker");

        Assert.Equal("0", worker.Spec.Strategy.RollingUpdate.MaxSurge.Value);
        Assert.Equal("1", worker.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
        Assert.True(worker.Spec.Template.Spec.TerminationGracePeriodSeconds >= 60);
        Assert.Contains(worker.Spec.Template.Spec.Containers[0].Env, variable => variable is { Name: "Orleans__Endpoints__AdvertisedIPAddress", ValueFrom.FieldRef.FieldPath: "status.podIP" });
    }

    [Fact]
    public async Task Only_the_silos_may_ask_the_cluster_and_only_about_pods()
    {
        var objects = await Kustomize.BuildAsync("");

        var role = Assert.Single(objects.OfKind<V1Role>());

        Assert.All(role.Rules, rule => Assert.Equal(["pods"], rule.Resources));
        Assert.All(role.Rules.SelectMany(rule => rule.Verbs), verb => Assert.Contains(verb, (string[])["get", "list", "watch"]));
        Assert.Equal(["worker"], objects.Workloads.Where(pods => pods.Spec.AutomountServiceAccountToken != false).Select(pods => pods.Name));
        Assert.Empty(objects.OfKind<V1ClusterRole>());
    }

    [Fact]
    public async Task Migration_has_a_job_of_its_version_and_the_services_do_not_migrate()
    {
        var objects = await Kustomize.BuildAsync("");
        var version = (await File.ReadAllTextAsync(Repository.PathOf(".version"), TestContext.Current.CancellationToken)).Trim();

        var job = Assert.Single(objects.OfKind<V1Job>());

        Assert.StartsWith($"migration-{version.Replace('.', '-')}-", job.Metadata.Name, StringComparison.Ordinal);
        Assert.Equal(["--migrate"], job.Spec.Template.Spec.Containers[0].Args);
        Assert.All(objects.OfKind<V1ConfigMap>().Where(map => map.Metadata.Name.StartsWith("api-env", StringComparison.Ordinal)), map => Assert.Equal("false", map.Data["Database__MigrateOnStart"]));
    }

    /// <summary>Overlays are applied over each other, and a job that exists cannot be given other pods.</summary>
    [Fact]
    public async Task Jobs_of_two_overlays_have_the_same_name_only_if_they_have_the_same_pods()
    {
        var jobs = new List<(string Name, string Pods)>();
        foreach (var overlay in Kustomize.Overlays)
            jobs.AddRange((await Kustomize.BuildAsync(overlay)).OfKind<V1Job>().Select(job => (job.Metadata.Name, KubernetesJson.Serialize(job.Spec.Template))));

        Assert.Equal(4, jobs.Select(job => job.Name).Distinct().Count());
        Assert.Equal(jobs.Select(job => job.Name).Distinct().Count(), jobs.Distinct().Count());
    }
}
