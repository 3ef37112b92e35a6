namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary><c>deploy/install.sh</c> against a cluster that remembers, and refuses what a test wants refused.</summary>
[Trait("Length", "Long")]
public sealed class InstallScriptTests
{
    private const string Script = "deploy/install.sh";

    private static readonly string[] _order = ["namespace", "volumes", "stores", "platform", "migration", "services,app.kubernetes.io/name=worker", "services,app.kubernetes.io/name=api"];

    [Fact]
    public async Task Installation_applies_the_stages_in_order_and_waits_for_each()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal(_order, cluster.Log.Where(line => line.StartsWith("kubectl apply", StringComparison.Ordinal)).Select(line => line.Split("stage=")[1]));
        Assert.Equal(
            ["statefulset/minio", "statefulset/postgres", "deployment/metrics-server", "deployment/metrics", "deployment/mqtt", "statefulset/redis", "deployment/worker", "deployment/api"],
            cluster.Log.Where(line => line.StartsWith("kubectl rollout status", StringComparison.Ordinal)).Select(line => line.Split(' ')[3]).Distinct());
        Assert.Contains("curl GET /minio/health/ready", cluster.Log);
        Assert.Contains("curl GET /health", cluster.Log);
        Assert.Contains("curl POST /api/auth/signin", cluster.Log);
        Assert.Contains("http://192.0.2.10:30020/api", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_generated_once_and_only_the_first_password_is_in_an_output()
    {
        using var cluster = new FakeCluster();

        var first = await cluster.RunAsync(Script);
        var commands = cluster.Log;
        var password = cluster.Secret("postgres-credentials", "postgres-password");
        var login = cluster.Secret("admin-login", "password");
        var second = await cluster.RunAsync(Script);

        Assert.True(password.Length >= 22);
        Assert.Equal(Uri.EscapeDataString(password), cluster.Secret("postgres-credentials", "postgres-password-uri-encoded"));
        Assert.Equal(password, cluster.Secret("postgres-credentials", "postgres-password"));
        Assert.DoesNotContain(commands, line => line.Contains(password, StringComparison.Ordinal));
        Assert.DoesNotContain(password, first.Output + first.Errors, StringComparison.Ordinal);
        Assert.Contains($"First password: {login}", first.Output, StringComparison.Ordinal);
        Assert.InRange(login.Length, 8, 32);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl create secret", StringComparison.Ordinal));
        Assert.DoesNotContain(login, second.Output, StringComparison.Ordinal);
        Assert.Contains("Sign-in works", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, second.ExitCode);
    }

    [Fact]
    public async Task Dry_run_prints_the_same_steps_and_asks_the_cluster_nothing()
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, "--dry-run --context test");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(cluster.Log);
        Assert.Equal(_order, result.Output.Split('\n').Where(line => line.StartsWith("  kubectl --context test apply -k", StringComparison.Ordinal)).Select(line => line.Split("stage=")[1]));
    }

    /// <summary>Whatever the cluster refuses, the script ends with an error that names the step, and a second run completes.</summary>
    [Fact]
    public async Task Refusal_at_any_call_is_reported_and_the_next_run_completes()
    {
        using var whole = new FakeCluster();
        await whole.RunAsync(Script);

        await Parallel.ForEachAsync(whole.DistinctCalls, TestContext.Current.CancellationToken, async (call, _) =>
        {
            using var cluster = new FakeCluster();
            var refused = await cluster.RunAsync(Script, settings: ("FAIL_AT", $"{call}"));
            var what = cluster.Calls[call - 1];
            Assert.True(refused.ExitCode != 0, $"'{what}' was refused, and nobody noticed.");
            Assert.True(refused.Errors.Contains("FAILED: ", StringComparison.Ordinal), $"'{what}' was refused: {refused.Errors}");

            // A sample: what a second run meets differs only by how far the first one came.
            if (call % 6 != 0) return;
            var again = await cluster.RunAsync(Script);
            Assert.True(again.ExitCode == 0, $"after '{what}' was refused, a second run says: {again.Errors}");
        });
    }

    [Theory]
    [InlineData("rollout status deployment/api", "api did not come up")]
    [InlineData("rollout status statefulset/postgres", "postgres did not come up")]
    public async Task Failure_of_a_workload_shows_its_pods_last_events_and_logs(string refused, string message)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, settings: ("FAIL_ON", refused));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Contains("event of the pod", result.Errors, StringComparison.Ordinal);
        Assert.Contains("log line of the pod", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FAKE_JOB", "Failed ", "failed (step: Volumes)")]
    [InlineData("FAKE_VERSION", "v1.27.3", "1.30 or later is needed")]
    public async Task Unhealthy_answer_ends_the_installation(string name, string value, string message)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, settings: (name, value));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--overlay nowhere", "no overlay 'nowhere'")]
    [InlineData("--timeout soon", "number of seconds")]
    [InlineData("--purge", "--uninstall")]
    [InlineData("--colour", "not understood")]
    [InlineData("--overlay", "needs a value")]
    public async Task Wrong_option_is_refused_before_anything_is_done(string arguments, string message)
    {
        using var cluster = new FakeCluster();

        var result = await cluster.RunAsync(Script, arguments);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }

    [Fact]
    public async Task Clusters_own_metrics_server_stays_untouched()
    {
        using var cluster = new FakeCluster();
        (string, string) foreign = ("FAKE_APISERVICE", "v1beta1.metrics.k8s.io ");

        await cluster.RunAsync(Script, settings: foreign);
        var applied = cluster.Log;
        await cluster.RunAsync(Script, settings: foreign);
        var compared = Assert.Single(cluster.Log, line => line.Contains("--dry-run=server", StringComparison.Ordinal));
        await cluster.RunAsync(Script, "--uninstall", foreign);

        Assert.Contains(applied, line => line.EndsWith("stage=platform,app.kubernetes.io/name!=metrics-server", StringComparison.Ordinal));
        Assert.DoesNotContain(applied, line => line.Contains("deployment/metrics-server", StringComparison.Ordinal));
        Assert.Contains("name!=metrics-server", compared, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith("kubectl delete", StringComparison.Ordinal) && line.Contains("name=metrics-server", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Production_asks_for_the_connection_strings_and_takes_them_from_a_file()
    {
        using var cluster = new FakeCluster();
        var file = cluster.PathOf("secrets.env");
        await File.WriteAllTextAsync(file, "# managed\nexternal-services/robotdb=Host=db.example.org;Password=a=b c'd\nexternal-services/redis=cache:6380,ssl=true\nexternal-services/minio=Endpoint=https://s3\n", TestContext.Current.CancellationToken);

        var without = await cluster.RunAsync(Script, "--overlay prod");
        var with = await cluster.RunAsync(Script, $"--overlay prod --secrets-file {file}");

        Assert.Contains("external-services/minio", without.Errors, StringComparison.Ordinal);
        Assert.True(with.ExitCode == 0, with.Errors);
        Assert.Equal("Host=db.example.org;Password=a=b c'd", cluster.Secret("external-services", "robotdb"));
        Assert.DoesNotContain(cluster.Log, line => line.Contains("statefulset/", StringComparison.Ordinal));
        Assert.Contains("https://simulation.example.org/api", with.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_with_an_insecure_metrics_server_is_refused()
    {
        using var cluster = new FakeCluster();
        var file = cluster.PathOf("aspirate-output/metrics-server/deployment.yaml");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("--cert-dir=/tmp", "--kubelet-insecure-tls", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync(Script, "--overlay prod");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("--kubelet-insecure-tls", result.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }

    [Fact]
    public async Task Uninstalling_keeps_data_and_secrets_unless_told_to_purge()
    {
        using var cluster = await FakeCluster.InstalledAsync();

        await cluster.RunAsync(Script, "--uninstall");
        var left = cluster.Objects;
        var kept = cluster.Log.Where(line => line.StartsWith("kubectl delete", StringComparison.Ordinal)).ToArray();
        await cluster.RunAsync(Script, "--uninstall --purge");
        var purged = cluster.Log;

        Assert.All(left, item => Assert.Contains(item.Split(' ')[0], (string[])["Namespace", "NetworkPolicy", "PersistentVolume", "PriorityClass"]));
        Assert.DoesNotContain(kept, line => line.Contains("persistentvolumeclaim", StringComparison.Ordinal) || line.Contains("namespace", StringComparison.Ordinal) || line.Contains("volumes", StringComparison.Ordinal));
        Assert.Contains(kept, line => line.Contains("stage in (services,migration,platform,stores)", StringComparison.Ordinal));
        Assert.Contains(purged, line => line.StartsWith("kubectl delete persistentvolumeclaim", StringComparison.Ordinal));
        Assert.Contains(purged, line => line.Contains("stage in (namespace,volumes)", StringComparison.Ordinal));
        Assert.Empty(cluster.Objects);
    }
}
