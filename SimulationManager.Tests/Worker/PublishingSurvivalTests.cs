using SimulationManager.Core.Model;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Worker;

/// <summary>Workers and brokers die while agents publish, and what is counted is what was heard.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class PublishingSurvivalTests(OwnServers fixture)
{
    private const int MessagesPerPass = 113;
    private const int Repeats = 8;

    [Fact]
    public async Task Killed_worker_and_restarted_broker_cost_no_message_and_what_came_twice_is_known()
    {
        const int agents = 500;
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0\nmax_inflight_messages 100", keepsSessions: true);
        var settings = fixture.Servers.Settings(nameof(Killed_worker_and_restarted_broker_cost_no_message_and_what_came_twice_is_known));
        await using var survivor = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var scenario = new Scenario(survivor.Services);
        // The broker keeps its session over the restart: it hears what is published before it is back as well.
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1, "-c", "-i", "subscriber", "-x", "3600");
        var id = await StartAsync(survivor, broker.Address("qos=1&connection=agent&onFailure=wait&queue=1024"), agents, repeats: Repeats);
        // By the run's own counts: a subscriber on a busy machine may be far behind.
        await UntilOutAsync(survivor, id, 10_000);

        await broker.RestartAsync();
        // What waits for a connection in the queues of a worker that is killed is lost.
        await Wait.UntilAsync(async () => (await survivor.Execution(id).GetState()).Parts[0].Endpoints is [{ Connected: agents, Error: null }], TimeSpan.FromSeconds(30), "all connections to be back");
        await UntilOutAsync(survivor, id, (await survivor.Execution(id).GetState()).MessagesOut + 15_000);
        await victim.KillAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(120));
        await subscriber.UntilAsync(messages => Distinct(messages) == agents * Repeats * MessagesPerPass, "every message");

        var endpoint = Assert.Single(ended.Parts.Single().Endpoints);
        var heard = subscriber.Messages.Count(IsPlayed);
        Assert.Equal((RunStatus.Completed, agents * Repeats * MessagesPerPass), (ended.Status, ended.MessagesOut));
        Assert.Equal(0, endpoint.Lost.Values.Sum());
        // What was published while the lost worker's last checkpoint was taken is in its counts and is published again; acknowledgements that came later are not known.
        Assert.InRange(endpoint.Out, ended.MessagesOut, ended.MessagesOut + (agents / 2 * 60));
        Assert.InRange(endpoint.Acknowledged, ended.MessagesOut - (agents / 2 * 60), endpoint.Out);
        var gap = Assert.Single(ended.Parts.Single().Gaps);
        Assert.Equal(agents / 2, gap.Agents);
        // Agents of the lost worker go on from a checkpoint of about a second before, and each puts out 15 messages a second.
        Assert.InRange(heard - ended.MessagesOut, 0, endpoint.Resent + (gap.Agents * 60));
        Assert.True(endpoint.Reconnects >= agents / 2, $"{endpoint.Reconnects} connections were made anew");
    }

    private static Task UntilOutAsync(WorkerHost worker, long id, long messages) =>
        Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Parts[0].Endpoints is [{ Acknowledged: var acknowledged }] && acknowledged > messages, TimeSpan.FromSeconds(60), "messages");

    private static int Distinct(IReadOnlyList<Received> messages) => messages.Where(IsPlayed).DistinctBy(message => (message.Topic, message.Property("seq"))).Count();

    private static bool IsPlayed(Received message) => !message.Topic.EndsWith("_status", StringComparison.Ordinal);

    private static async Task<long> StartAsync(WorkerHost worker, string endpoint, int agents, int repeats = 1)
    {
        var scenario = new Scenario(worker.Services);
        var files = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var part = Scenario.Part(1, files, ["/turtle1/cmd_vel"], agents, repeats, seconds: 300) with
        {
            Output = new PlannedOutput { Simulation = "7", Endpoints = [endpoint] },
        };
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, part);
        await worker.Execution(id).Start();
        return id;
    }
}
