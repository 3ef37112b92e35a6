using Npgsql;
using StackExchange.Redis;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Stores that are asked to end do so in time and have everything when they are back; a Redis that is killed has it as well.</summary>
[Trait("Length", "Long")]
public sealed class StoreShutdownTests
{
    private const string Interrupt = "INT";
    private const string Terminate = "TERM";
    private const string Kill = "KILL";

    [Theory]
    [InlineData(Terminate)]
    [InlineData(Kill)]
    public async Task Redis_of_the_pods_command_gets_the_signal_itself_and_keeps_every_write(string signal)
    {
        await using var cluster = await LocalCluster.StartStoreAloneAsync("redis");
        await WithRedisAsync(cluster, async redis => Assert.True(await redis.StringSetAsync("sign-in", "kept")));

        Assert.Equal("redis-server", cluster.FirstProcessOf("redis"));
        await cluster.StopStoreAsync("redis", signal);
        await cluster.StartStoreAsync("redis");

        await WithRedisAsync(cluster, async redis => Assert.Equal("kept", await redis.StringGetAsync("sign-in")));
    }

    /// <summary>PostgreSQL's image names SIGINT as its stop signal, which the kubelet's runtimes send: on SIGTERM the server would wait for its clients to leave.</summary>
    [Fact]
    public async Task Postgres_ends_in_time_although_clients_stay_connected_and_needs_no_recovery()
    {
        await using var cluster = await LocalCluster.StartStoreAloneAsync("postgres");
        await using (var source = NpgsqlDataSource.Create(cluster.DatabaseConnection))
        {
            await using var stays = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
            await using var write = new NpgsqlCommand("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)", stays);
            await write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            await cluster.StopStoreAsync("postgres", Interrupt);
        }

        await cluster.StartStoreAsync("postgres");

        Assert.DoesNotContain("automatic recovery in progress", cluster.Output("postgres"), StringComparison.Ordinal);
        await using var next = NpgsqlDataSource.Create(cluster.DatabaseConnection);
        await using var count = next.CreateCommand("SELECT count(*) FROM kept");
        Assert.Equal(1L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private static async Task WithRedisAsync(LocalCluster cluster, Func<IDatabase, Task> action)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(cluster.RedisConnection);
        await action(connection.GetDatabase());
    }
}
