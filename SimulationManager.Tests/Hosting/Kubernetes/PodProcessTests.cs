namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Api and Worker run with what the manifests give them, and nothing else, and do the main job.</summary>
[Trait("Length", "Long")]
public sealed class PodProcessTests
{
    [Fact]
    public async Task Pods_run_the_main_job_with_exactly_the_manifests_environment_arguments_and_user()
    {
        await using var cluster = await LocalCluster.StartStoresAsync();
        var migration = await cluster.MigrateAsync();
        Assert.True(migration.ExitCode == 0, migration.Output + migration.Errors);
        var worker = await cluster.StartWorkerAsync();
        var api = await cluster.StartApiAsync();
        foreach (var (name, address, server) in new[] { ("worker", cluster.WorkerAddress, worker), ("api", cluster.ApiAddress, api) })
        {
            var container = cluster.Command(name).Container;
            var ports = container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort);
            foreach (var probe in new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe })
                await MainJob.UntilAnswersAsync(address, ports[probe.HttpGet.Port.Value], probe.HttpGet.Path, () => server.Output);
            await MainJob.UntilAnswersAsync(address, ports["http"], "/metrics", () => server.Output);
        }

        using var job = new MainJob(cluster.ApiAddress);
        await job.SignInAsync(first: true);
        var (status, messages) = await job.RunAsync(await job.CreateSimulationAsync(await job.UploadAsync(), "pods"));

        Assert.Equal("COMPLETED", status);
        Assert.Equal(MainJob.ExpectedMessages, messages);
        await worker.TerminateAsync(TimeSpan.FromSeconds(cluster.Command("worker").Spec.TerminationGracePeriodSeconds!.Value));
        await api.TerminateAsync(TimeSpan.FromSeconds(cluster.Command("api").Spec.TerminationGracePeriodSeconds!.Value));
    }
}
