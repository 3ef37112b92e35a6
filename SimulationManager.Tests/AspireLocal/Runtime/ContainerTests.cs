using Aspire.Hosting.LocalRuntime;
using Minio;
using Minio.DataModel.Args;

namespace SimulationManager.Tests.AspireLocal.Runtime;

/// <summary>
/// The container path with docker or podman. Skipped where neither works or the default images are not there:
/// <c>images/make-local-images.sh</c> makes stand-ins for them from this machine's programs.
/// </summary>
[Trait("Length", "Long")]
public sealed class ContainerTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();
    private readonly string _application = $"tests-{Guid.NewGuid():N}";
    private HostedRuntimeSession _session = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _session = await _fixture.OpenAsync(_application);

    public async ValueTask DisposeAsync()
    {
        if (await RunAsync("volume", "ls", "-q", "--filter", $"name={_application}") is { ExitCode: 0 } volumes)
        {
            foreach (var volume in volumes.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                await RunAsync("volume", "rm", "-f", volume);
        }

        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task Postgres_container_keeps_its_rows_in_its_volume()
    {
        var request = Server(ServerKind.Postgres, "docker.io/library/postgres:17.6", 5432) with
        {
            Environment = new Dictionary<string, string> { ["POSTGRES_USER"] = "someone", ["POSTGRES_PASSWORD"] = RuntimeFixture.Password },
        };
        var first = await RealiseOrSkipAsync(request);
        await NativeServerTests.ExecuteAsync(request, "create table kept (word text); insert into kept values ('here')");
        await first.Launched.DisposeAsync();

        var second = await RealiseOrSkipAsync(request);

        Assert.Equal("here", await NativeServerTests.ExecuteAsync(request, "select word from kept"));
        Assert.Equal("container", second.Source);
        Assert.Contains(_fixture.Output, line => line.Contains("database system is ready", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redis_container_hides_its_password_and_is_gone_when_stopped()
    {
        var request = Server(ServerKind.Redis, "docker.io/library/redis:8.6", 6379) with
        {
            Entrypoint = "/bin/sh",
            Arguments = ["-c", "exec redis-server --protected-mode no --requirepass \"$REDIS_PASSWORD\""],
            Environment = new Dictionary<string, string> { ["REDIS_PASSWORD"] = "p4ss" },
            Password = "p4ss",
        };
        var server = await RealiseOrSkipAsync(request);
        await using (var redis = await NativeServerTests.ConnectAsync(request))
            Assert.True(await redis.GetDatabase().StringSetAsync("a", "b"));

        await server.Launched.StopAsync(TimeSpan.FromSeconds(5), Cancel);

        Assert.Equal("", (await RunAsync("ps", "-aq", "--filter", $"name={_application}")).Text);
        Assert.True(server.Launched.Exited.IsCompleted);
    }

    [Fact]
    public async Task Minio_container_serves_objects()
    {
        var request = Server(ServerKind.S3, "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", 9000) with
        {
            Arguments = ["server", "/data", "--console-address", ":9001"],
            Environment = new Dictionary<string, string> { ["MINIO_ROOT_USER"] = "someone", ["MINIO_ROOT_PASSWORD"] = "password1" },
        };
        await RealiseOrSkipAsync(request);
        using var http = new HttpClient();
        await RuntimeFixture.WaitForAsync(async () => await AnswerAsync(http, request, "/minio/health/live") is not null, "the health check");
        using var minio = new MinioClient().WithEndpoint("127.0.0.1", request.Ports[0].HostPort).WithCredentials("someone", "password1").Build();

        await minio.MakeBucketAsync(new MakeBucketArgs().WithBucket("bucket"), Cancel);

        Assert.True(await minio.BucketExistsAsync(new BucketExistsArgs().WithBucket("bucket"), Cancel));
    }

    [Fact]
    public async Task Killed_process_host_leaves_a_container_that_the_next_start_removes()
    {
        var request = Server(ServerKind.Redis, "docker.io/library/redis:8.6", 6379) with { Mounts = [] };
        var server = await RealiseOrSkipAsync(request);
        using (var host = System.Diagnostics.Process.GetProcessById(_session.ProcessHostId))
            host.Kill();
        await server.Launched.Exited;
        await _session.DisposeAsync();

        _session = await _fixture.OpenAsync(_application);

        Assert.Equal("", (await RunAsync("ps", "-aq", "--filter", $"name={_application}")).Text);
    }

    [Fact]
    public async Task Prometheus_container_reads_the_configuration_that_is_mounted()
    {
        var configuration = Path.Combine(_fixture.Root, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, "global:\n  scrape_interval: 7s\n", Cancel);
        var request = Server(ServerKind.Container, "docker.io/prom/prometheus:latest", 9090) with
        {
            Mounts = [new ServerMount(false, configuration, "/etc/prometheus/prometheus.yml", true)],
        };
        await RealiseOrSkipAsync(request);
        using var http = new HttpClient();

        await RuntimeFixture.WaitForAsync(async () => await AnswerAsync(http, request, "/-/ready") is not null, "prometheus ready");

        Assert.Contains("scrape_interval: 7s", await AnswerAsync(http, request, "/api/v1/status/config"), StringComparison.Ordinal);
    }

    private ServerRequest Server(ServerKind kind, string image, int containerPort) => _fixture.Server(kind, "container") with
    {
        Image = image,
        Ports = [new ServerPort("tcp", containerPort, LoopbackPorts.FindFree())],
    };

    private async Task<RealisedServer> RealiseOrSkipAsync(ServerRequest request)
    {
        try
        {
            return await _session.RealiseAsync(request, Cancel);
        }
        catch (RealisationException unavailable) when (unavailable.Advice.StartsWith("Install podman", StringComparison.Ordinal))
        {
            Assert.Skip($"No container runtime with the image here: {unavailable.Message}");
            throw;
        }
    }

    private static async Task<string?> AnswerAsync(HttpClient http, ServerRequest request, string path)
    {
        try
        {
            var answer = await http.GetAsync($"http://127.0.0.1:{request.Ports[0].HostPort}{path}", Cancel);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(Cancel) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task<ToolResult> RunAsync(params string[] arguments)
    {
        if (!Executables.TryFind("podman", out var program) && !Executables.TryFind("docker", out program))
            return new ToolResult(-1, []);
        var request = new ProcessRequest { Name = "container", FileName = program, Arguments = arguments, WorkingDirectory = _fixture.Root, OnOutput = _ => { } };
        return await _session.Launcher.RunToolAsync(request, TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
    }
}
