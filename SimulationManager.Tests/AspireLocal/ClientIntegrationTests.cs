using System.Collections.Concurrent;
using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using CommunityToolkit.Aspire.Minio.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Minio;
using StackExchange.Redis;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>What a service gets from <c>Add…</c>, against real servers.</summary>
public sealed class ClientIntegrationTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private DistributedApplication? _app;

    public ClientIntegrationTests() => _limit.CancelAfter(Limit);

    private CancellationToken Cancellation => _limit.Token;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task AddNpgsqlDbContext_connects_with_retries_and_a_health_check()
    {
        var builder = await ServiceAsync(graph => graph.AddPostgres("pg").AddDatabase("db"), "db");
        builder.AddNpgsqlDbContext<EmptyContext>("db");
        using var host = builder.Build();

        await using var scope = host.Services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<EmptyContext>();

        Assert.True(await context.Database.CanConnectAsync(Cancellation));
        Assert.True(context.Database.CreateExecutionStrategy().RetriesOnFailure);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host, nameof(EmptyContext)));
    }

    [Fact]
    public void AddNpgsqlDbContext_says_where_the_connection_string_belongs_when_it_is_missing()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddNpgsqlDbContext<EmptyContext>("absent");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var error = Assert.Throws<InvalidOperationException>(scope.ServiceProvider.GetRequiredService<EmptyContext>);

        Assert.Contains("ConnectionStrings:absent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EnrichNpgsqlDbContext_adds_retries_to_a_context_that_is_there()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddDbContext<EmptyContext>(options => options.UseNpgsql("Host=localhost"));
        builder.EnrichNpgsqlDbContext<EmptyContext>(settings => settings.CommandTimeout = 7);
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var database = scope.ServiceProvider.GetRequiredService<EmptyContext>().Database;

        Assert.True(database.CreateExecutionStrategy().RetriesOnFailure);
        Assert.Equal(7, database.GetCommandTimeout());
    }

    [Fact]
    public async Task AddRedisClient_makes_a_span_of_each_command_under_the_activity_that_sent_it()
    {
        var builder = await ServiceAsync(graph => graph.AddRedis("redis"), "redis");
        builder.AddRedisClient("redis");
        using var host = builder.Build();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen("Aspire.StackExchange.Redis", spans);
        using var parent = new Activity("request").Start();

        await host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().StringSetAsync("key", "value");
        parent.Stop();
        host.Services.GetRequiredService<Aspire.StackExchange.Redis.RedisCommandTracer>().Flush();

        var span = Assert.Single(spans, span => span.ParentSpanId == parent.SpanId);
        Assert.Equal("SET", span.DisplayName);
        Assert.Equal("redis", span.GetTagItem("db.system.name"));
        Assert.Equal(ActivityKind.Client, span.Kind);
        Assert.True(span.Duration < Limit);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host, "StackExchange.Redis"));
    }

    [Fact]
    public void AddRedisClient_does_not_fail_when_the_server_is_away()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:redis"] = "localhost:1,connectTimeout=200,connectRetry=1";
        builder.AddRedisClient("redis");
        using var host = builder.Build();

        var connection = host.Services.GetRequiredService<IConnectionMultiplexer>();

        Assert.False(connection.IsConnected);
    }

    [Fact]
    public void AddKeyedRedisClient_gives_each_connection_its_own_client()
    {
        var builder = Host.CreateApplicationBuilder();
        foreach (var name in (string[])["one", "two"])
        {
            builder.Configuration[$"ConnectionStrings:{name}"] = "localhost:1,connectTimeout=200,connectRetry=1";
            builder.AddKeyedRedisClient(name);
        }
        using var host = builder.Build();

        Assert.NotSame(
            host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("one"),
            host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("two"));
    }

    [Fact]
    public async Task AddMinioClient_reaches_the_server_and_reports_its_health()
    {
        var builder = await ServiceAsync(AddS3, "minio");
#pragma warning disable CS0618 // See the AppHost: the toolkit's name, any S3 server.
        builder.AddMinioClient("minio");
#pragma warning restore CS0618
        using var host = builder.Build();

        var buckets = await host.Services.GetRequiredService<IMinioClient>().ListBucketsAsync(Cancellation);

        Assert.Empty(buckets.Buckets);
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host, "Minio"));
    }

    [Theory]
    [InlineData("Endpoint=http://host:9000;AccessKey=a;SecretKey=b", "http://host:9000/", "a", false)]
    [InlineData("Endpoint=http://host:9000;AccessKey=a;SecretKey=b;UseSsl=true", "http://host:9000/", "a", true)]
    [InlineData("http://host:9000", "http://host:9000/", null, false)]
    public void Connection_string_of_S3_is_read(string text, string endpoint, string? accessKey, bool useSsl)
    {
        var settings = new MinioClientSettings();

        settings.ParseConnectionString(text);

        Assert.Equal(endpoint, settings.Endpoint!.ToString());
        Assert.Equal(accessKey, settings.Credentials?.AccessKey);
        Assert.Equal(useSsl, settings.UseSsl);
    }

    private static void AddS3(IDistributedApplicationBuilder graph)
    {
#pragma warning disable CS0618 // See the AppHost: the toolkit's name, any S3 server.
        graph.AddMinioContainer("minio");
#pragma warning restore CS0618
    }

    private async Task<HostApplicationBuilder> ServiceAsync(Action<IDistributedApplicationBuilder> describe, string resource)
    {
        var graph = DistributedApplicationTestingBuilder.Create();
        describe(graph);
        _app = await graph.BuildAsync(Cancellation);
        await _app.StartAsync(Cancellation);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, Cancellation);
        var service = Host.CreateApplicationBuilder();
        service.Configuration[$"ConnectionStrings:{resource}"] = await _app.GetConnectionStringAsync(resource, Cancellation);
        return service;
    }

    private async Task<HealthStatus> HealthAsync(IHost host, string name)
    {
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == name, Cancellation);
        return Assert.Single(report.Entries).Value.Status;
    }

    private static ActivityListener Listen(string source, ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private sealed class EmptyContext(DbContextOptions<EmptyContext> options) : DbContext(options);
}
