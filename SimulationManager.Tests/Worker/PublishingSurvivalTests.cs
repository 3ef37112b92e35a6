using SimulationManager.Core.Model;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Workers and brokers die while agents publish, and what is counted is what was heard.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class PublishingSurvivalTests(OwnServers fixture)
{
    private const int MessagesPerPass = 113;
    private const int Repeats = 2;

    [Fact]
    public async Task Killed_worker_and_restarted_broker_cost_no_message_and_all_counts_are_those_of_the_subscriber()
    {
        const int agents = 500;
        const int total = agents * Repeats * MessagesPerPass;
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0\nmax_inflight_messages 100", keepsSessions: true);
        var settings = fixture.Servers.Settings(nameof(Killed_worker_and_restarted_broker_cost_no_message_and_all_counts_are_those_of_the_subscriber));
        // A slow machine would move agents to the other worker.
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.OnRequest);
        await using var survivor = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var scenario = new Scenario(survivor.Services);
        // The broker keeps its session over the restart: it hears what is published before it is back as well.
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/#", quality: 1, "-c", "-i", "subscriber", "-x", "3600");
        var id = await StartAsync(survivor, broker.Address("qos=1&connection=agent&onFailure=wait"), agents, repeats: Repeats);
        // By the run's own counts: a subscriber on a busy machine may be far behind.
        await UntilAsync(survivor, id, endpoint => endpoint.Acknowledged > 10_000, "messages");

        await broker.RestartAsync();
        // What is told may be from before the restart: then no connection was made anew.
        await UntilAsync(survivor, id, endpoint => endpoint is { Connected: agents, Error: null, Reconnects: >= agents }, "all connections to be back");
        // What a worker sends again after its last checkpoint is not in its counts.
        for (long? resent = null; await ResentAsync(survivor, id) is var now && now != resent; resent = now)
        {
            // The second one is taken after the first was saved.
            await CheckpointsAsync(scenario, id);
            await CheckpointsAsync(scenario, id);
        }
        await victim.KillAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(120));
        await Wait.UntilAsync(() => subscriber.Count >= total && HeardBy(subscriber).DistinctBy(NumberOf).Count() == total, TimeSpan.FromSeconds(120), "every message");

        var endpoint = Assert.Single(ended.Parts.Single().Endpoints);
        var heard = HeardBy(subscriber);
        var once = heard.Where(message => !message.IsAgain).ToArray();
        Assert.Equal((RunStatus.Completed, total), (ended.Status, ended.MessagesOut));
        Assert.Equal((total, total, 0L), (endpoint.Out, endpoint.Acknowledged, endpoint.Lost.Values.Sum()));
        Assert.Equal(heard.Count - once.Length, endpoint.Resent);
        Assert.Equal(once.Length, once.DistinctBy(NumberOf).Count());
        Assert.Equal(agents / 2, Assert.Single(ended.Parts.Single().Gaps).Agents);
        var again = heard.Where(message => message.IsAgain).CountBy(message => message.Topic.Split('/')[2]).ToDictionary();
        var rows = await scenario.QueryAsync(database => Task.FromResult(database.ExecutionInstances.Where(row => row.ExecutionId == id).ToList()));
        Assert.Equal(agents, rows.Count);
        Assert.All(rows, row => Assert.Equal(
            (Repeats * MessagesPerPass, again.GetValueOrDefault($"instance-7-{row.InstanceId}")), (row.Endpoints[0].Out, row.Endpoints[0].Resent)));
    }

    private static async Task<long> ResentAsync(WorkerHost worker, long id) => (await worker.Execution(id).GetState()).Parts[0].Endpoints[0].Resent;

    private static Task UntilAsync(WorkerHost worker, long id, Predicate<EndpointReport> condition, string what) =>
        Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Parts[0].Endpoints is [var endpoint] && condition(endpoint), TimeSpan.FromSeconds(60), what);

    /// <summary>Waits until all cohorts have saved where they are; they do so every second.</summary>
    private static Task CheckpointsAsync(Scenario scenario, long id)
    {
        var at = DateTimeOffset.UtcNow;
        return Wait.UntilAsync(async () => await scenario.QueryAsync(database => Task.FromResult(database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == id).All(cohort => cohort.UpdatedAt > at))), TimeSpan.FromSeconds(20), "checkpoints");
    }

    /// <summary>What agents have published. The broker may deliver once more, with the same packet's number, what a subscriber had not acknowledged when it was restarted.</summary>
    private static List<Received> HeardBy(Subscriber subscriber)
    {
        var heard = new List<Received>();
        var last = new Dictionary<(string, string), (int Id, int Place)>();
        foreach (var message in subscriber.Messages.Where(message => !message.Topic.EndsWith("_status", StringComparison.Ordinal)))
        {
            var number = NumberOf(message);
            if (last.TryGetValue(number, out var before) && before.Id == message.Id && heard.Count - before.Place < 1000) continue;
            last[number] = (message.Id, heard.Count);
            heard.Add(message);
        }
        return heard;
    }

    private static (string, string) NumberOf(Received message) => (message.Topic, message.Property("seq"));

    private static async Task<long> StartAsync(WorkerHost worker, string endpoint, int agents, int repeats = 1)
    {
        var scenario = new Scenario(worker.Services);
        var files = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var part = Scenario.Part(1, files, ["/turtle1/cmd_vel"], agents, repeats, seconds: 300, playback: new PlaybackOptions { Rate = 0.5 }) with
        {
            Output = new PlannedOutput { Simulation = "7", Endpoints = [endpoint] },
        };
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, part);
        await worker.Execution(id).Start();
        return id;
    }
}
