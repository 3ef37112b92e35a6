namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The images under podman: not root, read-only root, no capabilities. <c>deploy/test-images.sh</c> builds them and says where they are.</summary>
[Trait("Length", "Long")]
public sealed class ImageTests
{
    [Fact]
    public async Task Images_run_the_main_job()
    {
        var images = Environment.GetEnvironmentVariable("IMAGES_UNDER_TEST");
        Assert.SkipUnless(images is { Length: > 0 }, "deploy/test-images.sh builds the images and runs this test.");
        await using var cluster = await LocalCluster.StartStoresAsync(images);
        var migration = await cluster.MigrateAsync();
        Assert.True(migration.ExitCode == 0, migration.Output + migration.Errors);
        var worker = await cluster.StartWorkerAsync();
        var api = await cluster.StartApiAsync();
        await MainJob.UntilAnswersAsync(cluster.WorkerAddress, 8080, "/health", () => worker.Output);
        await MainJob.UntilAnswersAsync(cluster.ApiAddress, 8080, "/health", () => api.Output);

        using var job = new MainJob(cluster.ApiAddress);
        await job.SignInAsync(first: true);
        var (status, messages) = await job.RunAsync(await job.CreateSimulationAsync(await job.UploadAsync(), "images"));

        Assert.Equal("COMPLETED", status);
        Assert.Equal(MainJob.ExpectedMessages, messages);
        if (Environment.GetEnvironmentVariable("DDS_IN_IMAGE") == "true")
        {
            var found = await job.CheckAsync("dds://?domain=77&interface=lo");
            Assert.True(found.GetProperty("ok").GetBoolean(), found.ToString());
            Assert.StartsWith("Cyclone DDS 0.10.", found.GetProperty("endpoints")[0].GetProperty("library").GetString(), StringComparison.Ordinal);
        }
        await worker.TerminateAsync(TimeSpan.FromSeconds(cluster.Command("worker").Spec.TerminationGracePeriodSeconds!.Value));
    }
}
