using System.Text;
using System.Text.Json.Nodes;
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

    [Fact]
    public async Task Two_hundred_vehicles_take_orders_and_those_of_a_killed_worker_are_told_broken_and_come_back()
    {
        const int agents = 200;
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        var settings = fixture.Servers.Settings(nameof(Two_hundred_vehicles_take_orders_and_those_of_a_killed_worker_are_told_broken_and_come_back));
        await using var survivor = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var scenario = new Scenario(survivor.Services);
        await using var control = await broker.SubscribeAsync("uagv/v2/acme/+/connection", quality: 1);
        await using var states = await broker.SubscribeAsync("uagv/v2/acme/+/state");
        var id = await StartAsync(survivor, $"mqtt://127.0.0.1:{broker.Port}?format=vda5050&manufacturer=acme&serial=v{{n}}", agents, repeats: 20);
        await control.UntilAsync(messages => Serials(messages, "ONLINE").Count == agents, "all vehicles to be there");

        foreach (var agent in new[] { 1, 50, 100, 150, 200 }) await broker.PublishAsync($"uagv/v2/acme/v{agent}/order", Order(agent));
        await states.UntilAsync(messages => messages.Where(message => Encoding.UTF8.GetString(message.Payload).Contains("order-of-", StringComparison.Ordinal)).Select(message => message.Topic).Distinct().Count() == 5, "the orders to be taken");
        // A checkpoint is saved every second.
        var at = DateTimeOffset.UtcNow;
        await Wait.UntilAsync(async () => await scenario.QueryAsync(database => Task.FromResult(database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == id).All(cohort => cohort.UpdatedAt > at))), TimeSpan.FromSeconds(20), "checkpoints");
        await victim.KillAsync();
        await control.UntilAsync(messages => Serials(messages, "CONNECTIONBROKEN").Count == agents / 2, "the Last Wills");
        var broken = Serials(control.Messages, "CONNECTIONBROKEN");
        await control.UntilAsync(messages => broken.All(serial => messages.Last(message => message.Topic == Topic(serial)).Payload is { } payload && StateOf(payload) == "ONLINE"), "the vehicles to be back");

        var order = new[] { 1, 50, 100, 150, 200 }.First(agent => broken.Contains($"v{agent}"));
        await states.UntilAsync(messages => messages.Any(message => message.Topic == $"uagv/v2/acme/v{order}/state") && (string)JsonNode.Parse(messages.Last(message => message.Topic == $"uagv/v2/acme/v{order}/state").Payload)!["orderId"]! == $"order-of-{order}", "the order to be there still");
        await survivor.Execution(id).Stop();
        await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));
        await control.UntilAsync(messages => messages.GroupBy(message => message.Topic).All(vehicle => StateOf(vehicle.Last().Payload) == "OFFLINE"), "all vehicles to have gone");
    }

    private static Task UntilOutAsync(WorkerHost worker, long id, long messages) =>
        Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Parts[0].Endpoints is [{ Acknowledged: var acknowledged }] && acknowledged > messages, TimeSpan.FromSeconds(60), "messages");

    private static int Distinct(IReadOnlyList<Received> messages) => messages.Where(IsPlayed).DistinctBy(message => (message.Topic, message.Property("seq"))).Count();

    private static bool IsPlayed(Received message) => !message.Topic.EndsWith("_status", StringComparison.Ordinal);

    private static string Topic(string serial) => $"uagv/v2/acme/{serial}/connection";

    private static string StateOf(byte[] payload) => (string)JsonNode.Parse(payload)!["connectionState"]!;

    private static HashSet<string> Serials(IReadOnlyList<Received> messages, string state) =>
        [.. messages.Where(message => StateOf(message.Payload) == state).Select(message => message.Topic.Split('/')[3])];

    private static string Order(int agent) =>
        $$$"""
        {"headerId":1,"timestamp":"2026-11-29T00:00:00.000Z","version":"2.1.0","manufacturer":"acme","serialNumber":"v{{{agent}}}","orderId":"order-of-{{{agent}}}","orderUpdateId":0,
        "nodes":[{"nodeId":"a","sequenceId":0,"released":true,"nodePosition":{"x":100,"y":100,"mapId":"map"},"actions":[]}],"edges":[]}
        """;

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
