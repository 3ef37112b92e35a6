using k8s.Models;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>How many pods there are, which of them give way, and what decides it.</summary>
public sealed class ScalingTests
{
    /// <summary>
    /// A node of 2 CPUs and 4 GiB less what its system pods request, on kind, which has the most: API server 250m, controllers 200m, scheduler 100m, etcd 100m and
    /// 100Mi, two CoreDNS 200m and 140Mi, kindnet 100m and 50Mi. metrics-server is among ours.
    /// </summary>
    private static readonly (double Millicores, double Mebibytes) _node = (2000 - 950, 4096 - 290);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Development_fits_a_node_of_two_processors_and_4_GiB(bool scaledUp)
    {
        var objects = await Kustomize.BuildAsync("overlays/dev");
        var scalers = objects.OfKind<V2HorizontalPodAutoscaler>().ToDictionary(scaler => scaler.Metadata.Name, scaler => scaledUp ? scaler.Spec.MaxReplicas : scaler.Spec.MinReplicas!.Value);
        var running = objects.Workloads.Where(pods => pods.Kind != "Job").Select(pods => (pods.Spec, Count: scalers.TryGetValue(pods.Name, out var count) ? count : pods.Replicas ?? 1));
        // An update adds a pod for a while; the migration comes before it and is no bigger.
        var added = objects.OfKind<V1Deployment>().Where(deployment => scalers.ContainsKey(deployment.Metadata.Name) && deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value != "0").Select(deployment => (deployment.Spec.Template.Spec, Count: 1));

        var all = running.Concat(added).ToArray();

        Assert.InRange(all.Sum(pods => Requested(pods.Spec, "cpu") * 1000 * pods.Count), 0, _node.Millicores);
        Assert.InRange(all.Sum(pods => Requested(pods.Spec, "memory") / 1048576 * pods.Count), 0, _node.Mebibytes);
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Stores_take_the_place_of_services_and_metrics_give_way_first(string overlay)
    {
        var objects = await Kustomize.BuildAsync(overlay);
        var classes = objects.OfKind<V1PriorityClass>().ToDictionary(level => level.Metadata.Name);
        var levels = objects.Workloads.Where(pods => pods.Space == "robot").ToDictionary(pods => pods.Labels["app.kubernetes.io/name"], pods => classes[pods.Spec.PriorityClassName]);

        string[] services = ["api", "worker", "migration"];
        Assert.All(services, name => Assert.True(levels[name].Value > levels["metrics"].Value));
        foreach (var store in (string[])["postgres", "redis", "minio"])
        {
            if (!levels.TryGetValue(store, out var level)) continue;
            Assert.All(services, name => Assert.True(level.Value > levels[name].Value));
            Assert.Equal("PreemptLowerPriority", level.PreemptionPolicy);
        }

        Assert.All(services.Append("metrics"), name => Assert.Equal("Never", levels[name].PreemptionPolicy));
    }

    /// <summary>All pods start at once on two processors: a core each for a minute, then what they take at rest.</summary>
    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public async Task Start_adds_no_pods(string name)
    {
        var counts = await CountAsync(name, 1200, (age, _) => age < 60 ? 1000 : 60);

        Assert.All(counts, count => Assert.Equal(2, count));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public async Task Load_that_lasts_adds_pods_and_they_leave_one_at_a_time_when_it_is_over(string name)
    {
        var pod = (await Kustomize.BuildAsync("")).Find<V1Deployment>(name).Spec.Template.Spec;
        var drain = pod.TerminationGracePeriodSeconds!.Value + (pod.Containers[0].Lifecycle?.PreStop.Sleep.Seconds ?? 0);
        // 4 cores of work, shared by as many pods as there are, for 20 minutes.
        var pods = 2.0;

        var counts = await CountAsync(name, 6000, (_, now) => now < 1200 ? 4000 / pods : 60, count => pods = count);

        Assert.InRange(counts.Max(), 5, 20);
        Assert.Equal(2, counts[^1]);
        var departures = counts.Zip(counts.Skip(1)).Select((step, index) => (Second: index * 15, Gone: step.First - step.Second)).Where(step => step.Gone > 0).ToArray();
        Assert.All(departures, step => Assert.Equal(1, step.Gone));
        Assert.All(departures.Zip(departures.Skip(1)), pair => Assert.True(pair.Second.Second - pair.First.Second >= drain));
    }

    [Theory]
    [InlineData("overlays/dev")]
    [InlineData("overlays/prod")]
    [InlineData("overlays/prod-minio")]
    public async Task With_KEDA_silos_scale_by_planned_messages_and_agents_and_nothing_else_scales_them(string overlay)
    {
        using var output = new GeneratedOutput(settings => settings, scaleByLoad: true);
        var objects = new ClusterObjects(Kustomize.Read(await Kustomize.BuildFolderAsync(output.PathOf(overlay))), new HashSet<(string, string)>());

        var scaler = Assert.Single(objects.OfKind<ScaledObject>());

        Assert.Equal(["api"], objects.OfKind<V2HorizontalPodAutoscaler>().Select(item => item.Metadata.Name));
        Assert.Equal(("Deployment", "worker", "worker"), (scaler.Spec.ScaleTargetRef.Kind, scaler.Spec.ScaleTargetRef.Name, scaler.Spec.Advanced.HorizontalPodAutoscalerConfig.Name));
        Assert.Equal("true", scaler.Metadata.Annotations["scaledobject.keda.sh/transfer-hpa-ownership"]);
        Assert.Equal(
            ["sum(simulation_replay_planned_rate)", "sum(simulation_replay_agents)"],
            scaler.Spec.Triggers.Where(trigger => trigger.Type == "prometheus").Select(trigger => trigger.Metadata["query"]));
        Assert.All(scaler.Spec.Triggers.Where(trigger => trigger.Type == "prometheus"), trigger => Assert.Equal("http://metrics.robot.svc:9090", trigger.Metadata["serverAddress"]));
        Assert.Contains(objects.OfKind<V1Service>(), service => service.Metadata.Name == "metrics" && service.Spec.Ports.Any(port => port.Port == 9090));
        Assert.Contains($"{NetworkChecks.Namespace("keda")} -> metrics:9090", NetworkChecks.Allowed(objects));
        var drain = objects.Find<V1Deployment>("worker").Spec.Template.Spec.TerminationGracePeriodSeconds!.Value;
        Assert.All(scaler.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.Policies, policy => Assert.Equal(("Pods", 1), (policy.Type, policy.Value)));
        Assert.All(scaler.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.Policies, policy => Assert.True(policy.PeriodSeconds >= drain));
        Assert.True(scaler.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds > drain);
    }

    [Fact]
    public async Task Committed_component_scales_like_the_overlay_that_has_it()
    {
        using var output = new GeneratedOutput(settings => settings);
        Directory.CreateDirectory(output.PathOf("overlays/mine"));
        await File.WriteAllTextAsync(
            output.PathOf("overlays/mine/kustomization.yaml"), "resources:\n- ../prod\ncomponents:\n- ../../components/worker-keda\n", TestContext.Current.CancellationToken);

        var objects = Kustomize.Read(await Kustomize.BuildFolderAsync(output.PathOf("overlays/mine")));

        Assert.Single(objects.OfType<ScaledObject>());
        Assert.DoesNotContain(objects.OfType<V2HorizontalPodAutoscaler>(), scaler => scaler.Metadata.Name == "worker");
    }

    [Fact]
    public void Scaling_in_faster_than_a_silo_drains_is_refused()
    {
        var hasty = (ClusterSettings settings) => settings with
        {
            Workloads = new Dictionary<string, WorkloadSettings>(settings.Workloads)
            {
                ["worker"] = settings.Workloads["worker"] with { Autoscaling = settings.Workloads["worker"].Autoscaling! with { ScaleDownAfter = TimeSpan.FromSeconds(60) } },
            },
        };

        Assert.Contains("90 s to drain", Assert.Throws<GenerationException>(() => new GeneratedOutput(hasty)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Overlays => [.. Kustomize.Overlays];

    private static double Requested(V1PodSpec pod, string resource) => pod.Containers.Sum(container => container.Resources.Requests[resource].ToDouble());

    private static async Task<IReadOnlyList<int>> CountAsync(string name, int seconds, Func<int, int, double> millicores, Action<int>? counted = null)
    {
        var objects = await Kustomize.BuildAsync("");
        var model = new AutoscalerModel(objects.Find<V2HorizontalPodAutoscaler>(name), objects.Find<V1Deployment>(name).Spec.Template.Spec);
        return model.Run(seconds, millicores, counted);
    }

    /// <summary>What the generator makes of settings, in a folder of its own.</summary>
    private sealed class GeneratedOutput : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("output-");

        public GeneratedOutput(Func<ClusterSettings, ClusterSettings> change, bool scaleByLoad = false)
        {
            try
            {
                var environments = EnvironmentFile.ReadAll(Repository.PathOf(EnvironmentFile.DefaultFolder)).Select(environment => environment with { ScaleByLoad = scaleByLoad });
                ManifestGeneration.Generate(AspireManifest.Parse(File.ReadAllText(ManifestTests.Reference)), change(SystemSettings.Of("1.0.0")), environments).Write(_folder.FullName);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public string PathOf(string relative) => Path.Combine(_folder.FullName, relative);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
