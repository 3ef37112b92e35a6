using Aspire.Hosting.LocalRuntime;
using Npgsql;
using StackExchange.Redis;

namespace SimulationManager.Tests.AspireLocal.Runtime;

public sealed class NativeServerTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Postgres_keeps_its_rows_when_it_is_stopped_and_started_again()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "native");
        var first = await session.RealiseAsync(request, TestContext.Current.CancellationToken);
        await ExecuteAsync(request, "create table kept (word text); insert into kept values ('here')");
        await first.Launched.DisposeAsync();

        var second = await session.RealiseAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("here", await ExecuteAsync(request, "select word from kept"));
        Assert.StartsWith("postgres ", second.Description, StringComparison.Ordinal);
        Assert.Equal("native", second.Source);
    }

    [Fact]
    public async Task Redis_keeps_its_keys_when_it_is_stopped_and_started_again()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Redis, "native");
        var first = await session.RealiseAsync(request, TestContext.Current.CancellationToken);
        await using (var redis = await ConnectAsync(request))
            await redis.GetDatabase().StringSetAsync("kept", "here");
        await first.Launched.DisposeAsync();

        await session.RealiseAsync(request, TestContext.Current.CancellationToken);

        await using var again = await ConnectAsync(request);
        Assert.Equal("here", await again.GetDatabase().StringGetAsync("kept"));
    }

    internal static async Task<ConnectionMultiplexer> ConnectAsync(ServerRequest request)
    {
        var options = new ConfigurationOptions { ConnectTimeout = 60_000, AsyncTimeout = 60_000, Password = request.Password, EndPoints = { { "127.0.0.1", request.Ports[0].HostPort } } };
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    internal static async Task<object?> ExecuteAsync(ServerRequest request, string sql)
    {
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = request.Ports[0].HostPort, Username = request.UserName, Password = request.Password, Database = "postgres", Pooling = false,
        };
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
