using System.Runtime.CompilerServices;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Replay.Dds;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Replay.Rosbridge;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Worker;

/// <summary>Workers and brokers die while agents publish, and what is counted is what was heard.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class PublishingSurvivalTests(OwnServers fixture)
{
    private const int MessagesPerPass = 113;
    private const int Repeats = 2;

    /// <summary>Messages of an agent where none is like another.</summary>
    private const int Numbers = 400;

    [Fact]
    public async Task Killed_worker_and_restarted_broker_cost_no_message_and_all_counts_are_those_of_the_subscriber()
    {
        const int agents = 500;
        const int total = agents * Repeats * MessagesPerPass;
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0\nmax_inflight_messages 100", keepsSessions: true);
        await using var run = await PublishingRun.StartWorkersAsync(fixture.Servers);
        // The broker keeps its session over the restart: it hears what is published before it is back as well.
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/#", quality: 1, "-c", "-i", "subscriber", "-x", "3600");
        await run.PlayAsync(Scenario.BagFolder("turtlesim_cmd_vel"), "/turtle1/cmd_vel", broker.Address("qos=1&connection=agent&onFailure=wait"), agents, Repeats, rate: 0.5);
        await run.UntilAsync(endpoint => endpoint.Acknowledged > 10_000, "messages");

        await broker.RestartAsync();
        // What is told may be from before the restart: then no connection was made anew.
        await run.UntilAsync(endpoint => endpoint is { Connected: agents, Error: null, Reconnects: >= agents }, "all connections to be back");
        await run.KillWorkerAsync();
        var ended = await run.WaitForEndAsync();
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
        var rows = await run.AgentsAsync();
        Assert.Equal(agents, rows.Count);
        Assert.All(rows, row => Assert.Equal(
            (Repeats * MessagesPerPass, again.GetValueOrDefault($"instance-7-{row.InstanceId}")), (row.Endpoints[0].Out, row.Endpoints[0].Resent)));
    }

    [Fact]
    public async Task Killed_worker_costs_no_message_over_DDS_and_what_comes_twice_is_counted()
    {
        const int agents = 200;
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);

        var (endpoint, rows) = await KillWhilePlayingAsync(domain.Endpoint("subscribers=1&onFailure=wait"), agents);
        await listener.UntilAsync(heard => heard.Messages.Count >= endpoint.Out && heard.Messages.DistinctBy(message => (message.Topic, NumberOf(message))).Count() >= endpoint.Out, "every message");

        AssertAllHeard(endpoint, rows, listener.Messages.Select(message => (message.Topic["rt/instance_7_".Length..^NumberedBag.Topic.Length], NumberOf(message))));
    }

    [Fact]
    public async Task Killed_worker_costs_no_message_over_rosbridge_and_what_comes_twice_is_counted()
    {
        const int agents = 100;
        await using var server = await RosbridgeServer.StartAsync();
        await using var listener = await server.ListenAsync(NumberedBag.Type, [.. Enumerable.Range(1, agents).Select(agent => $"/fleet/instance_7_{agent}{NumberedBag.Topic}")]);

        var (endpoint, rows) = await KillWhilePlayingAsync(server.Address("onFailure=wait"), agents);
        await listener.UntilAsync(heard => heard.Count >= endpoint.Out && heard.DistinctBy(line => ((string)line["topic"]!, (int)line["msg"]!["data"]!)).Count() >= endpoint.Out, "every message");

        AssertAllHeard(endpoint, rows, listener.Lines.Select(line => (((string)line["topic"]!)["/fleet/instance_7_".Length..^NumberedBag.Topic.Length], (int)line["msg"]!["data"]!)));
    }

    /// <summary>Kills one of two workers while agents publish messages none of which is like another, and returns what the run tells at its end.</summary>
    private async Task<(EndpointReport Endpoint, List<ExecutionInstance> Agents)> KillWhilePlayingAsync(string address, int agents, [CallerMemberName] string name = "")
    {
        using var folder = new TempFolder();
        NumberedBag.Write(folder["numbers"], Numbers, perSecond: 20);
        await using var run = await PublishingRun.StartWorkersAsync(fixture.Servers, name);
        await run.PlayAsync(folder["numbers"], NumberedBag.Topic, address, agents);
        await run.UntilAsync(endpoint => endpoint.Out > agents * 20, "messages");

        await run.KillWorkerAsync();
        var ended = await run.WaitForEndAsync();

        Assert.Equal((RunStatus.Completed, agents * Numbers), (ended.Status, ended.MessagesOut));
        Assert.Equal(agents / 2, Assert.Single(ended.Parts.Single().Gaps).Agents);
        return (Assert.Single(ended.Parts.Single().Endpoints), await run.AgentsAsync());
    }

    /// <summary>
    /// Every message was heard and is counted once. Where publishers cannot mark what may come twice, the count of it is the most that can have: an agent of the
    /// lost worker is heard up to some message and, at most that many before it, from another one on to the end; all others once.
    /// </summary>
    private static void AssertAllHeard(EndpointReport endpoint, List<ExecutionInstance> agents, IEnumerable<(string Agent, int Number)> messages)
    {
        var heard = messages.GroupBy(message => message.Agent, message => message.Number).ToDictionary(group => group.Key, group => group.ToArray());
        Assert.Equal(agents.Select(agent => $"{agent.InstanceId}").Order(StringComparer.Ordinal), heard.Keys.Order(StringComparer.Ordinal));
        Assert.All(agents, agent =>
        {
            var (counts, numbers) = (agent.Endpoints[0], heard[$"{agent.InstanceId}"]);
            var before = numbers.TakeWhile((number, index) => number == index).Count();
            var twice = numbers.Length - Numbers;
            Assert.Equal([.. Enumerable.Range(0, before), .. Enumerable.Range(before - twice, Numbers - before + twice)], numbers);
            Assert.InRange(twice, 0, counts.Resent);
            Assert.Equal((Numbers, 0L), (counts.Out, counts.Lost.Values.Sum()));
        });
        Assert.Equal((agents.Count * Numbers, 0L, 0L), (endpoint.Out, endpoint.Acknowledged, endpoint.Lost.Values.Sum()));
        Assert.Equal(agents.Sum(agent => agent.Endpoints[0].Resent), endpoint.Resent);
        Assert.Equal(agents.Count / 2, agents.Count(agent => agent.Endpoints[0].Resent > 0));
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

    private static int NumberOf(Heard message) => (int)BitConverter.ToInt64(message.Payload, 4);
}
