using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary><c>deploy/server-renew.sh</c>: a new version, or the old one as it was.</summary>
[Trait("Length", "Long")]
public sealed class RenewScriptTests
{
    private const string Script = "server-renew.sh";
    private const string Arguments = "--version 9.8.7";

    [Fact]
    public async Task Renewal_builds_generates_applies_and_rolls_out()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, $"{Arguments} --logs");

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal("9.8.7\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Equal(2, cluster.Log.Count(line => line.StartsWith("dotnet publish", StringComparison.Ordinal)
            && line.Contains("-p:ContainerRepository=localhost/simulationmanager-", StringComparison.Ordinal)
            && line.Contains("-p:ContainerImageTag=9.8.7", StringComparison.Ordinal)));
        Assert.Contains("localhost/simulationmanager-api:9.8.7", await File.ReadAllTextAsync(cluster.PathOf("aspirate-output/api/deployment.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(cluster.Log, line => line.StartsWith("kubectl get job migration-9-8-7", StringComparison.Ordinal));
        Assert.Equal(["deployment/worker", "deployment/api"], cluster.Log.Where(line => line.StartsWith("kubectl rollout status", StringComparison.Ordinal)).Select(line => line.Split(' ')[3]));
        Assert.Contains(cluster.Log, line => line.StartsWith("kubectl logs", StringComparison.Ordinal));
    }

    /// <summary>What an environment sets is in its file, so the renewal's own generation has it as the first one had.</summary>
    [Fact]
    public async Task Settings_of_the_environment_are_in_what_a_renewal_applies()
    {
        using var cluster = new FakeCluster();
        await File.WriteAllTextAsync(cluster.PathOf("deploy/environments/dev.json"), """{"overlay":"dev","registry":"registry.example.org:5000/team","storageClass":"fast"}""", TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, Arguments);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        var objects = Kustomize.Read(await Kustomize.BuildFolderAsync(cluster.PathOf("aspirate-output/overlays/dev")));
        Assert.All(objects.OfType<V1StatefulSet>(), set => Assert.Equal("fast", Assert.Single(set.Spec.VolumeClaimTemplates).Spec.StorageClassName));
        Assert.Equal("registry.example.org:5000/team/simulationmanager-api:9.8.7", objects.OfType<V1Deployment>().Single(item => item.Metadata.Name == "api").Spec.Template.Spec.Containers[0].Image);
        Assert.Equal(2, cluster.Log.Count(line => line.StartsWith("dotnet publish", StringComparison.Ordinal) && line.EndsWith("-p:ContainerRegistry=registry.example.org:5000", StringComparison.Ordinal) && line.Contains("-p:ContainerRepository=team/simulationmanager-", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("patch", "1.2.4")]
    [InlineData("minor", "1.3.0")]
    [InlineData("major", "2.0.0")]
    public async Task Version_goes_up_by_the_part_that_is_named(string part, string next)
    {
        using var cluster = new FakeCluster();
        await File.WriteAllTextAsync(cluster.VersionFile, "1.2.3\n", TestContext.Current.CancellationToken);

        await cluster.RunAsync(Script, $"--part {part}");

        Assert.Equal(next + "\n", await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
    }

    /// <summary>Only what this run touched goes back: an undo of a service that was not updated would take it a version too far.</summary>
    [Theory]
    [InlineData("rollout status deployment/worker", new[] { "deployment/worker" })]
    [InlineData("rollout status deployment/api", new[] { "deployment/worker", "deployment/api" })]
    public async Task Rollout_that_fails_is_undone_and_the_files_say_the_old_version(string refused, string[] undone)
    {
        using var cluster = new FakeCluster();
        var before = await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, Arguments, ("FAIL_ON", refused));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("did not come up", result.Errors, StringComparison.Ordinal);
        Assert.Contains("log line of the pod", result.Errors, StringComparison.Ordinal);
        Assert.Equal(undone, cluster.Log.Where(line => line.StartsWith("kubectl rollout undo", StringComparison.Ordinal)).Select(line => line.Split(' ')[3]));
        Assert.Equal(before, await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Contains($"simulationmanager-api:{before.Trim()}", await File.ReadAllTextAsync(cluster.PathOf("aspirate-output/api/deployment.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FAIL_DOTNET", "SimulationManager.Worker.csproj")]
    [InlineData("FAIL_DOTNET", "generate --version 9.8.7")]
    [InlineData("FAIL_ON", "stage=stores")]
    [InlineData("FAKE_JOB", "Failed ")]
    public async Task Failure_before_the_rollout_leaves_the_running_version_alone(string name, string value)
    {
        using var cluster = new FakeCluster();
        var before = await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, Arguments, (name, value));

        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl rollout", StringComparison.Ordinal));
        Assert.Equal(before, await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        Assert.Contains($"simulationmanager-api:{before.Trim()}", await File.ReadAllTextAsync(cluster.PathOf("aspirate-output/api/deployment.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_at_any_call_ends_in_an_error_and_never_in_half_a_version()
    {
        int calls;
        string before;
        using (var cluster = new FakeCluster())
        {
            before = await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken);
            await cluster.RunAsync(Script, Arguments);
            calls = cluster.Log.Count(line => line.StartsWith("kubectl ", StringComparison.Ordinal));
        }

        await Parallel.ForEachAsync(Enumerable.Range(1, calls), TestContext.Current.CancellationToken, async (call, token) =>
        {
            using var cluster = new FakeCluster();
            var result = await cluster.RunAsync(Script, Arguments, ("FAIL_AT", $"{call}"));

            Assert.True(result.ExitCode != 0, $"call {call} was refused, and nobody noticed");
            Assert.Contains("FAILED: ", result.Errors, StringComparison.Ordinal);
            Assert.Equal(before, await File.ReadAllTextAsync(cluster.VersionFile, token));
        });
    }

    [Fact]
    public async Task Dry_run_prints_the_steps_and_changes_nothing()
    {
        using var cluster = new FakeCluster();
        var before = await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, $"{Arguments} --dry-run --load k3s");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(cluster.Log);
        Assert.Equal(before, await File.ReadAllTextAsync(cluster.VersionFile, TestContext.Current.CancellationToken));
        string[] steps = ["> .version", "-- generate --version 9.8.7", "dotnet publish", "k3s ctr images import", "stage=namespace", "stage=volumes", "stage=stores", "stage=platform", "stage=migration", "name=worker", "name=api"];
        var at = steps.Select(step => result.Output.IndexOf(step, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, at);
        Assert.Equal(at.Order(), at);
    }

    [Theory]
    [InlineData("--part huge", "patch, minor or major")]
    [InlineData("--builder make", "docker or podman")]
    [InlineData("--load ship", "minikube or k3s")]
    [InlineData("--version latest", "not a version")]
    public async Task Wrong_option_is_refused_before_anything_is_done(string arguments, string message)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, arguments);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }
}
