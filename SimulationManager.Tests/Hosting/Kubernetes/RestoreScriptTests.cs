using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// <c>deploy/backup.sh</c> and <c>deploy/restore.sh</c> through <c>kubectl</c>: the cluster is one that remembers, but its PostgreSQL and S3 are real.
/// </summary>
[Trait("Length", "Long")]
public sealed class RestoreScriptTests(RestoreScriptTests.Stores stores) : IClassFixture<RestoreScriptTests.Stores>
{
    private const string Stop = "kubectl scale deployment";

    [Fact]
    public async Task Restore_stops_the_services_puts_everything_back_and_starts_them_with_their_autoscalers_least_number()
    {
        using var cluster = stores.NewCluster();
        await stores.ExecuteAsync("""update users set email = 'changed@example.com'""");
        await stores.RemoveRecordingAsync();

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {stores.Backup}", [.. stores.Settings, ("FAKE_LEAST", "3"), ("FAKE_KEDA", "1")]);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Equal("kept@example.com", await stores.ReadAsync("""select email from users"""));
        Assert.Equal("what was recorded", await stores.ReadRecordingAsync());
        Assert.Equal(("3", "3"), (cluster.Replicas("worker"), cluster.Replicas("api")));
        string[] order = ["autoscaling.keda.sh/paused=true", $"{Stop} worker -n robot --replicas 0", $"{Stop} api -n robot --replicas 0", "pg_restore --clean", $"{Stop} worker -n robot --replicas 3", "rollout status deployment/worker", $"{Stop} api -n robot --replicas 3", "rollout status deployment/api", "autoscaling.keda.sh/paused-"];
        var at = order.Select(step => Array.FindIndex(cluster.Log, line => line.Contains(step, StringComparison.Ordinal))).ToArray();
        Assert.DoesNotContain(-1, at);
        Assert.Equal(at.Order(), at);
        await VerifyAsync("restore", result.Output);
    }

    [Fact]
    public async Task Installation_leaves_the_autoscalers_number_alone()
    {
        using var cluster = new FakeCluster();
        cluster.Scale("worker", 7);

        await cluster.RunAsync("deploy/install.sh");

        Assert.Equal(("7", "2"), (cluster.Replicas("worker"), cluster.Replicas("api")));
    }

    [Fact]
    public async Task Backup_has_what_the_stores_have_and_no_password_is_in_an_argument_or_the_output()
    {
        using var cluster = stores.NewCluster();
        var folder = cluster.PathOf("again");

        var result = await cluster.RunAsync("deploy/backup.sh", $"--to {folder}", stores.Settings);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        await VerifyAsync("backup", result.Output.Replace(folder, "FOLDER", StringComparison.Ordinal));
        Assert.Equal("what was recorded", await File.ReadAllTextAsync(Path.Combine(folder, "objects", Stores.Recording), TestContext.Current.CancellationToken));
        Assert.DoesNotContain(stores.Password, string.Concat(cluster.Log) + result.Output + result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(stores.StorageKey, string.Concat(cluster.Log) + result.Output + result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_whose_connection_breaks_is_no_backup()
    {
        using var cluster = stores.NewCluster();
        var folder = cluster.PathOf("broken");

        var backup = await cluster.RunAsync("deploy/backup.sh", $"--to {folder}", [.. stores.Settings, ("FAKE_CUT", "pg_dump")]);
        var restore = await cluster.RunAsync("deploy/restore.sh", $"--from {folder}", stores.Settings);

        Assert.Contains("cannot be read back", backup.Errors, StringComparison.Ordinal);
        Assert.Contains("no complete backup", restore.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }

    [Fact]
    public async Task Backup_of_a_newer_version_is_refused_before_anything_is_changed()
    {
        using var cluster = stores.NewCluster();
        var folder = cluster.PathOf("newer");
        await stores.ExecuteAsync("""insert into "__EFMigrationsHistory" values ('29990101000000_Later', '10.0.0')""");
        await cluster.RunAsync("deploy/backup.sh", $"--to {folder}", stores.Settings);
        await stores.ExecuteAsync("""delete from "__EFMigrationsHistory" where migration_id = '29990101000000_Later'""");

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {folder}", stores.Settings);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("newer version, with the migration 29990101000000_Later; nothing was changed", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Log, line => line.StartsWith(Stop, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Backup_of_an_older_version_leaves_the_start_to_the_installation_that_migrates_it()
    {
        using var cluster = stores.NewCluster();
        await stores.ExecuteAsync("""insert into "__EFMigrationsHistory" values ('29990101000000_Later', '10.0.0')""");

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {stores.Backup}", stores.Settings);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        await VerifyAsync("restore-older", result.Output);
        Assert.Contains("kubectl delete job -n robot -l app.kubernetes.io/name=migration --ignore-not-found", cluster.Log);
        Assert.Equal(("0", "0"), (cluster.Replicas("worker"), cluster.Replicas("api")));
    }

    [Fact]
    public async Task Database_in_use_is_left_alone_and_the_services_run_again()
    {
        using var cluster = stores.NewCluster();
        await using var session = await stores.ConnectAsync("somebody's tool");

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {stores.Backup}", stores.Settings);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(("2", "2"), (cluster.Replicas("worker"), cluster.Replicas("api")));
        await VerifyAsync("restore-in-use", result.Output, result.Errors);
    }

    [Theory]
    [InlineData("pg_restore --clean")]
    [InlineData("get pods -n robot -l app.kubernetes.io/name in (worker,api)")]
    [InlineData("scale deployment api -n robot --replicas 0")]
    public async Task Restore_that_fails_half_way_starts_the_services_with_the_old_data(string refused)
    {
        using var cluster = stores.NewCluster();

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {stores.Backup}", [.. stores.Settings, ("FAIL_ON", refused)]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("FAILED: ", result.Errors, StringComparison.Ordinal);
        Assert.Equal("kept@example.com", await stores.ReadAsync("""select email from users"""));
        Assert.Equal("2", cluster.Replicas("worker"));
        Assert.NotEqual("0", cluster.Replicas("api"));
    }

    [Fact]
    public async Task Damaged_backup_is_refused_before_anything_is_changed()
    {
        using var cluster = stores.NewCluster();
        var folder = Directory.CreateDirectory(cluster.PathOf("damaged")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "database.dump"), "not what it was", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "SHA256SUMS"), $"{new string('0', 64)}  ./database.dump\n", TestContext.Current.CancellationToken);

        var result = await cluster.RunAsync("deploy/restore.sh", $"--from {folder}", stores.Settings);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("damaged; nothing was changed", result.Errors, StringComparison.Ordinal);
        Assert.Empty(cluster.Log);
    }

    /// <summary>Sizes and migrations change with the schema.</summary>
    private static Task VerifyAsync(string name, params string[] parts) =>
        Transcripts.VerifyAsync(name, [.. parts.Select(part => Regex.Replace(Regex.Replace(part, @"\d+ bytes", "SIZE bytes"), @"\d{14}_\w+", "MIGRATION"))]);

    /// <summary>PostgreSQL with the schema, one user and one recording, and their backup.</summary>
    public sealed class Stores : IAsyncLifetime
    {
        public const string Recording = "a folder/1+1 & more.db3";

        /// <summary>Not the one that the servers' own health check has a session in.</summary>
        private const string Database = "kept";

        private static readonly string _recordingPath = $"rosbag-data/{string.Join('/', Recording.Split('/').Select(Uri.EscapeDataString))}";

        private readonly BackingServers _servers = new();
        private readonly TestFolder _folder = new();

        public string Backup => Path.Combine(_folder.Path, "backup");

        public string Password => Part("robotdb", "Password");

        public string StorageKey => Part("minio", "SecretKey");

        /// <summary>Where the pods' servers are.</summary>
        internal (string, string)[] Settings =>
        [
            ("FAKE_POSTGRES_PASSWORD", Password), ("FAKE_DATABASE", Database), ("PGPORT", Part("robotdb", "Port")), ("FAKE_PORT", $"{Endpoint.Port}"), ("REAL_CURL", "/usr/bin/curl"),
        ];

        private Uri Endpoint => new(Part("minio", "Endpoint"));

        public async ValueTask InitializeAsync()
        {
            await _servers.InitializeAsync();
            await ExecuteAsync($"create database {Database}", database: "robotdb");
            var settings = _servers.Settings("backup").ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value!);
            settings["ConnectionStrings__robotdb"] = Connection("migration", Database);
            var migration = await ChildProcess.RunAsync("dotnet", [Path.Combine(Repository.OutputOf("Api"), "SimulationManager.Api.dll"), "--migrate"], settings);
            Assert.True(migration.ExitCode == 0, migration.Output + migration.Errors);
            await ExecuteAsync("""insert into users (email, password_hash, role, created_at) values ('kept@example.com', 'x', 'ADMIN', now())""");
            await S3Async("PUT", "rosbag-data");
            await S3Async("PUT", _recordingPath, "--data-binary", "what was recorded");
            using var cluster = NewCluster();
            var backup = await cluster.RunAsync("deploy/backup.sh", $"--to {Backup}", Settings);
            Assert.True(backup.ExitCode == 0, backup.Output + backup.Errors);
            Assert.Contains("1 objects", backup.Output, StringComparison.Ordinal);
        }

        public async ValueTask DisposeAsync()
        {
            await _servers.DisposeAsync();
            _folder.Dispose();
        }

        internal FakeCluster NewCluster()
        {
            var cluster = new FakeCluster();
            cluster.SetSecret("minio-credentials", "user", Part("minio", "AccessKey"));
            cluster.SetSecret("minio-credentials", "minio-rootPassword", StorageKey);
            return cluster;
        }

        internal async Task<NpgsqlConnection> ConnectAsync(string name, string database = Database)
        {
            var connection = new NpgsqlConnection(Connection(name, database));
            await connection.OpenAsync();
            return connection;
        }

        internal async Task ExecuteAsync(string sql, string database = Database)
        {
            await using var connection = await ConnectAsync("test", database);
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        internal async Task<string> ReadAsync(string sql)
        {
            await using var connection = await ConnectAsync("test");
            await using var command = new NpgsqlCommand(sql, connection);
            return $"{await command.ExecuteScalarAsync()}";
        }

        internal Task<string> ReadRecordingAsync() => S3Async("GET", _recordingPath);

        internal Task RemoveRecordingAsync() => S3Async("DELETE", _recordingPath);

        private async Task<string> S3Async(string method, string path, params string[] options)
        {
            var result = await ChildProcess.RunAsync(
                "/usr/bin/curl",
                ["--silent", "--show-error", "--fail-with-body", "--request", method, "--aws-sigv4", "aws:amz:us-east-1:s3", "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--user", $"{Part("minio", "AccessKey")}:{StorageKey}", .. options, new Uri(Endpoint, path).AbsoluteUri],
                environment: null);
            Assert.True(result.ExitCode == 0, result.Output + result.Errors);
            return result.Output;
        }

        private string Connection(string name, string database) =>
            new NpgsqlConnectionStringBuilder(_servers.Settings("backup")["ConnectionStrings:robotdb"]) { Database = database, ApplicationName = name, Pooling = false }.ConnectionString;

        private string Part(string server, string key) => $"{new DbConnectionStringBuilder { ConnectionString = _servers.Settings("backup")[$"ConnectionStrings:{server}"] }[key]}";
    }
}
