namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>A backup of one system, put into another that is empty, gives a system that works.</summary>
[Trait("Length", "Long")]
public sealed class BackupTests
{
    [Fact]
    public async Task Restored_system_has_the_users_plans_and_recordings_and_completes_an_execution()
    {
        var folder = Directory.CreateTempSubdirectory("backup-");
        try
        {
            long simulation;
            await using (var cluster = await StartAsync())
            {
                using var job = new MainJob(cluster.ApiAddress);
                await job.SignInAsync(first: true);
                simulation = await job.CreateSimulationAsync(await job.UploadAsync(), "kept");
                var backup = await ThroughKubectlAsync(cluster, "deploy/backup.sh", $"--to {folder.FullName}");
                Assert.True(backup.ExitCode == 0, backup.Output + backup.Errors);
                Assert.Contains("2 objects", backup.Output, StringComparison.Ordinal);
                Assert.DoesNotContain(cluster.PostgresPassword, backup.Output + backup.Errors, StringComparison.Ordinal);
            }

            await using (var cluster = await LocalCluster.StartStoresAsync())
            {
                var direct = await RunAsync(cluster, "deploy/restore.sh", "--from", folder.FullName);
                Assert.True(direct.ExitCode == 0, direct.Output + direct.Errors);
                var restore = await ThroughKubectlAsync(cluster, "deploy/restore.sh", $"--from {folder.FullName}");
                Assert.True(restore.ExitCode == 0, restore.Output + restore.Errors);
                await StartServicesAsync(cluster);

                using var job = new MainJob(cluster.ApiAddress);
                await job.SignInAsync(first: false);
                var (status, messages) = await job.RunAsync(simulation);

                Assert.Equal("COMPLETED", status);
                Assert.Equal(MainJob.ExpectedMessages, messages);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<LocalCluster> StartAsync()
    {
        var cluster = await LocalCluster.StartStoresAsync();
        var migration = await cluster.MigrateAsync();
        Assert.True(migration.ExitCode == 0, migration.Errors);
        await StartServicesAsync(cluster);
        return cluster;
    }

    private static async Task StartServicesAsync(LocalCluster cluster)
    {
        var worker = await cluster.StartWorkerAsync();
        var api = await cluster.StartApiAsync();
        await MainJob.UntilAnswersAsync(cluster.WorkerAddress, 8080, "/health", () => worker.Output);
        await MainJob.UntilAnswersAsync(cluster.ApiAddress, 8080, "/health", () => api.Output);
    }

    private static Task<Finished> RunAsync(LocalCluster cluster, string script, params string[] arguments)
    {
        var (user, password) = cluster.MinioCredentials;
        return ChildProcess.RunAsync(
            Repository.PathOf(script),
            [.. arguments, "--database", $"postgresql://postgres@{cluster.Address("postgres")}:5432/robotdb", "--storage", $"http://{cluster.Address("minio")}:9000"],
            new Dictionary<string, string> { ["PGPASSWORD"] = cluster.PostgresPassword, ["S3_ACCESS_KEY"] = user, ["S3_SECRET_KEY"] = password });
    }

    /// <summary>With a kubectl that runs commands where the database is, and a curl that runs where the object store is: the forwarded port is the store's own.</summary>
    private static async Task<Finished> ThroughKubectlAsync(LocalCluster cluster, string script, string arguments)
    {
        var (user, password) = cluster.MinioCredentials;
        using var kubectl = new FakeCluster();
        kubectl.SetSecret("minio-credentials", "user", user);
        kubectl.SetSecret("minio-credentials", "minio-rootPassword", password);
        return await kubectl.RunAsync(
            script, arguments,
            ("FAKE_POD", $"ip netns exec {cluster.NamespaceOf("postgres")}"), ("FAKE_POSTGRES_PASSWORD", cluster.PostgresPassword), ("FAKE_PORT", "9000"), ("REAL_CURL", $"ip netns exec {cluster.NamespaceOf("minio")} /usr/bin/curl"));
    }
}
