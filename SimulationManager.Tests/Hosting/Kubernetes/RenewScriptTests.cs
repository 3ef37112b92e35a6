using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary><c>deploy/server-renew.sh</c>: a new version, or the old one as it was.</summary>
[Trait("Length", "Long")]
public sealed class RenewScriptTests
{
    private const string Script = "deploy/server-renew.sh";
    private const string Arguments = "--version 9.8.7";

    [Fact]
    public async Task Renewal_generates_builds_applies_and_rolls_out()
    {
        using var cluster = await FakeCluster.InstalledAsync();

        var result = await cluster.RunAsync(Script, $"{Arguments} --logs");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal("9.8.7\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Equal(2, cluster.Log.Count(line => line.StartsWith("dotnet publish", StringComparison.Ordinal)
            && line.Contains("-p:ContainerRepository=localhost/simulationmanager-", StringComparison.Ordinal)
            && line.Contains("-p:ContainerImageTag=9.8.7", StringComparison.Ordinal)));
        Assert.Equal("localhost/simulationmanager-api:9.8.7", cluster.Find<V1Deployment>("api").Spec.Template.Spec.Containers[0].Image);
        Assert.Contains(cluster.Log, line => line.StartsWith("kubectl get job migration-9-8-7", StringComparison.Ordinal));
        Assert.Equal(["deployment/worker", "deployment/api"], cluster.Log.Where(line => line.StartsWith("kubectl rollout status", StringComparison.Ordinal)).Select(line => line.Split(' ')[3]));
        Assert.Contains(cluster.Log, line => line.StartsWith("kubectl logs", StringComparison.Ordinal));
    }

    /// <summary>What an environment sets is in its file, so the renewal's own generation has it as the first one had.</summary>
    [Fact]
    public async Task Settings_of_the_environment_are_in_what_a_renewal_applies()
    {
        using var cluster = new FakeCluster();
        await File.WriteAllTextAsync(cluster.PathOf("deploy/environments/customer.json"), """{"overlay":"dev","registry":"registry.example.org:5000/team","storageClass":"fast"}""", TestContext.Current.CancellationToken);
        cluster.SetVersion("1.2.3");
        var installed = await cluster.RunAsync("deploy/install.sh", "--overlay customer --build", ("FAKE_DEFAULT_CLASS", "fast"));

        var result = await cluster.RunAsync(Script, "--overlay customer", ("FAKE_DEFAULT_CLASS", "fast"));

        Assert.True(installed.ExitCode == 0, installed.Output + installed.Errors);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.All((string[])["postgres", "minio", "redis"], store => Assert.Equal("fast", Assert.Single(cluster.Find<V1StatefulSet>(store).Spec.VolumeClaimTemplates).Spec.StorageClassName));
        Assert.Equal("registry.example.org:5000/team/simulationmanager-api:1.2.4", cluster.Find<V1Deployment>("api").Spec.Template.Spec.Containers[0].Image);
        Assert.Equal(
            ["registry.example.org:5000/team/simulationmanager-api:1.2.3", "registry.example.org:5000/team/simulationmanager-worker:1.2.3", "registry.example.org:5000/team/simulationmanager-api:1.2.4", "registry.example.org:5000/team/simulationmanager-worker:1.2.4"],
            cluster.Images);
    }

    [Theory]
    [InlineData("patch", "1.2.4")]
    [InlineData("minor", "1.3.0")]
    [InlineData("major", "2.0.0")]
    public async Task Version_goes_up_by_the_part_that_is_named(string part, string next)
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");

        await cluster.RunAsync(Script, $"--part {part}");

        Assert.Equal(next + "\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
    }

    /// <summary>The nodes may have an image of the failed version, and the cluster its finished migration.</summary>
    [Fact]
    public async Task Version_that_failed_is_not_used_again()
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");

        var crashing = await cluster.RunAsync(Script, "--timeout 2", ("FAKE_CRASHING", "1.2.4"));
        var after = await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken);
        var named = await cluster.RunAsync(Script, "--version 1.2.4");
        var mended = await cluster.RunAsync(Script);

        Assert.NotEqual(0, crashing.ExitCode);
        Assert.Equal("1.2.3\n", after);
        Assert.Contains("not later than 1.2.4, which the cluster has been given", named.Errors, StringComparison.Ordinal);
        Assert.True(mended.ExitCode == 0, mended.Output + mended.Errors);
        Assert.Equal("1.2.5\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Contains(cluster.Log, line => line.StartsWith("kubectl get job migration-1-2-5", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.2")]
    [InlineData("1.2.3-rc1")]
    public async Task Version_that_is_not_later_is_refused(string version)
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");

        var result = await cluster.RunAsync(Script, $"--version {version}");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("a version is never used twice", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("dotnet", StringComparison.Ordinal));
    }

    /// <summary>Another cluster may have brought it there, or a renewal that failed.</summary>
    [Fact]
    public async Task Version_that_the_registry_has_is_passed_over_and_refused_when_it_is_named()
    {
        using var cluster = await InstalledFromRegistryAsync();
        cluster.Push("registry.example.org/simulationmanager-worker:1.2.4");

        var named = await cluster.RunAsync(Script, "--version 1.2.4");
        var next = await cluster.RunAsync(Script);

        Assert.Contains("version 1.2.4 is in the registry already", named.Errors, StringComparison.Ordinal);
        Assert.True(next.ExitCode == 0, next.Output + next.Errors);
        Assert.Equal("1.2.5\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("401")]
    [InlineData("503")]
    public async Task Registry_that_cannot_be_asked_does_not_stop_a_renewal(string status)
    {
        using var cluster = await InstalledFromRegistryAsync();

        var result = await cluster.RunAsync(Script, settings: ("FAKE_REGISTRY", status));

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Contains($"(HTTP {status}): not checked", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_without_the_system_is_refused()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("install the system first", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Only what this run touched goes back: a service that was not updated is left alone.</summary>
    [Theory]
    [InlineData("worker", new[] { "worker" })]
    [InlineData("api", new[] { "worker", "api" })]
    public async Task Rollout_that_fails_is_undone_and_the_files_say_the_old_version(string crashing, string[] undone)
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");
        var before = cluster.Applied;
        var files = cluster.Manifests;

        var result = await cluster.RunAsync(Script, "--timeout 2", ("FAKE_CRASHING", $"1.2.4@{crashing}"));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"{crashing} did not come up", result.Errors, StringComparison.Ordinal);
        Assert.Contains("log line of the pod", result.Errors, StringComparison.Ordinal);
        Assert.Contains("1.2.3 runs again", result.Errors, StringComparison.Ordinal);
        Assert.Equal(undone, cluster.Log.Where(line => line.StartsWith("kubectl apply -f", StringComparison.Ordinal) && line.Contains("services", StringComparison.Ordinal)).Select(line => line.Split("name=")[1].Split(',')[0]));
        Assert.Equal(WithoutJobs(before), WithoutJobs(cluster.Applied));
        Assert.Equal("1.2.3\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Equal(files, cluster.Manifests);
    }

    /// <summary>
    /// The failed version changed more than pods: it dropped a rule of a policy, an object, and a setting, and brought objects of its own. An undone rollout would
    /// leave all of that.
    /// </summary>
    [Fact]
    public async Task Everything_that_a_failed_version_changed_is_as_it_was()
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");
        cluster.Change("NetworkPolicy:robot:api", text => text.Replace("port: 8080", "port: 8081", StringComparison.Ordinal));
        cluster.Change("HorizontalPodAutoscaler:robot:api", text => text.Replace("maxReplicas: ", "maxReplicas: 1", StringComparison.Ordinal));
        cluster.Change("Deployment:robot:worker", text => text.Replace("terminationGracePeriodSeconds: 90", "terminationGracePeriodSeconds: 91", StringComparison.Ordinal));
        cluster.Change("StatefulSet:robot:redis", text => text.Replace("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 31", StringComparison.Ordinal));
        cluster.Change("PodDisruptionBudget:robot:api", _ => null);
        var before = cluster.Applied;

        var result = await cluster.RunAsync(Script, "--timeout 2", ("FAKE_CRASHING", "1.2.4@api"));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("1.2.3 runs again", result.Errors, StringComparison.Ordinal);
        Assert.Equal(WithoutJobs(before), WithoutJobs(cluster.Applied));
    }

    [Theory]
    [InlineData("FAIL_DOTNET", "SimulationManager.Worker.csproj")]
    [InlineData("FAIL_DOTNET", "generate --version 1.2.4")]
    [InlineData("FAIL_ON", "apply -k aspirate-output/overlays/dev -l simulation-manager/stage=stores")]
    [InlineData("FAKE_JOB", "Failed ")]
    public async Task Failure_before_the_rollout_leaves_the_running_version_alone(string name, string value)
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");
        var before = cluster.Applied;
        var files = cluster.Manifests;

        var result = await cluster.RunAsync(Script, settings: (name, value.Replace("aspirate-output", cluster.PathOf("aspirate-output"), StringComparison.Ordinal)));

        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl apply", StringComparison.Ordinal) && line.Contains("stage=services", StringComparison.Ordinal));
        Assert.Equal(WithoutJobs(before), WithoutJobs(cluster.Applied));
        Assert.Equal("1.2.3\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Equal(files, cluster.Manifests);
    }

    [Fact]
    public async Task Refusal_at_any_call_ends_in_an_error_and_never_in_half_a_version()
    {
        using var whole = await FakeCluster.InstalledAsync("1.2.3");
        await whole.RunAsync(Script);

        await Parallel.ForEachAsync(whole.DistinctCalls, TestContext.Current.CancellationToken, async (call, token) =>
        {
            using var cluster = await FakeCluster.InstalledAsync("1.2.3");
            var result = await cluster.RunAsync(Script, settings: ("FAIL_AT", $"{call}"));

            Assert.True(result.ExitCode != 0, $"call {call} was refused, and nobody noticed");
            Assert.Contains("FAILED: ", result.Errors, StringComparison.Ordinal);
            Assert.Equal("1.2.3\n", await File.ReadAllTextAsync(cluster.VersionFile, token));
        });
    }

    [Fact]
    public async Task Dry_run_prints_the_steps_and_changes_nothing()
    {
        using var cluster = await FakeCluster.InstalledAsync("1.2.3");
        var before = cluster.Applied;
        var files = cluster.Manifests;

        var result = await cluster.RunAsync(Script, $"{Arguments} --dry-run --load k3s");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(cluster.Log);
        Assert.Equal(before, cluster.Applied);
        Assert.Equal(files, cluster.Manifests);
        Assert.Equal("1.2.3\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        string[] steps = ["annotate namespace", "> .version", "-- generate --version 9.8.7", "dotnet publish", "k3s ctr images import", "stage=namespace", "stage=volumes", "stage=stores", "stage=platform", "stage=migration", "job/migration-9-8-7", "name=worker", "name=api"];
        var at = steps.Select(step => result.Output.IndexOf(step, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, at);
        Assert.Equal(at.Order(), at);
    }

    [Theory]
    [InlineData("--part huge", "patch, minor or major")]
    [InlineData("--builder make", "docker or podman")]
    [InlineData("--load ship", "kind, minikube, k3s or containerd")]
    [InlineData("--version latest", "not a version")]
    [InlineData("--registry registry.example.org", "not understood")]
    public async Task Wrong_option_is_refused_before_anything_is_done(string arguments, string message)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, arguments);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }

    private static async Task<FakeCluster> InstalledFromRegistryAsync()
    {
        var cluster = await FakeCluster.InstalledAsync("1.2.3");
        await File.WriteAllTextAsync(cluster.PathOf("deploy/environments/dev.json"), """{"overlay":"dev","registry":"registry.example.org"}""");
        cluster.SetVersion("1.2.3");
        return cluster;
    }

    /// <summary>Jobs that ran stay until another of their kind has run.</summary>
    private static SortedDictionary<string, string> WithoutJobs(SortedDictionary<string, string> objects)
    {
        foreach (var job in objects.Keys.Where(name => name.StartsWith("Job:robot:migration-", StringComparison.Ordinal)).ToArray()) objects.Remove(job);
        return objects;
    }
}
