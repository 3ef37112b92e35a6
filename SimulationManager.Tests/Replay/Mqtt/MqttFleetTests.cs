using System.Text;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>What is heard of a fleet at a broker is what is counted of it.</summary>
public sealed class MqttFleetTests
{
    private const int Agents = 1000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Subscriber_hears_of_a_thousand_agents_what_the_faults_left_and_no_more(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var bag = new PlayedBag(PlayedBag.Numbers(20, perSecond: 20, topics: ["/odom", "/scan"]));
        await using var output = bag.Open(broker.Address("qos=1"), Agents);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, Agents, fleet: new FleetPlan
        {
            Seed = 42,
            FirstAgent = 1,
            Agents = Agents,
            Ramp = TimeSpan.FromSeconds(1),
            Stagger = TimeSpan.FromSeconds(0.5),
            Jitter = TimeSpan.FromMilliseconds(30),
            Faults =
            [
                new FleetFault { Kind = FleetFaultKind.Freeze, Share = 0.1, At = TimeSpan.FromSeconds(0.2), For = TimeSpan.FromSeconds(0.2) },
                new FleetFault { Kind = FleetFaultKind.Disconnect, First = 901, At = TimeSpan.FromSeconds(0.4), For = TimeSpan.FromSeconds(0.1) },
                new FleetFault { Kind = FleetFaultKind.Drop, Share = 0.5, Rate = 0.2, Topics = ["/scan"] },
                new FleetFault { Kind = FleetFaultKind.Duplicate, Share = 0.2, Rate = 0.1 },
                new FleetFault { Kind = FleetFaultKind.Delay, Rate = 0.05, Delay = TimeSpan.FromMilliseconds(200) },
                new FleetFault { Kind = FleetFaultKind.Reorder, Share = 0.3, Rate = 0.1 },
            ],
        });

        await cohort.BeginAsync(TimeSpan.FromMinutes(1));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(20));

        var (agents, counts) = ((await cohort.SnapshotAsync()).Agents, output.Status()[0].Counts);
        var faults = agents.Aggregate(default(FaultCounts), (sum, agent) => sum + agent.Faults);
        Assert.Equal((Agents * 20L) - cohort.MessagesLeftOut, agents.Sum(agent => agent.MessagesOut));
        Assert.All(faults.ToArray(), count => Assert.True(count > 50, $"{faults}"));
        await subscriber.UntilAsync(messages => messages.Count >= counts.Out, "all messages");
        var heard = subscriber.Messages.CountBy(message => message.Topic.Split('/')[2]).ToDictionary();
        Assert.All(agents, agent => Assert.Equal(
            agent.MessagesOut - agent.Faults.Dropped - agent.Faults.Frozen - agent.Faults.Disconnected + agent.Faults.Duplicated,
            heard.GetValueOrDefault($"instance-7-{agent.InstanceId}")));
        Assert.Equal((counts.Out, 0L), (subscriber.Messages.Count, counts.LostTotal));
    }

    [Theory]
    [InlineData(BrokerKind.Mosquitto)]
    [InlineData(BrokerKind.MqttNet)]
    public async Task Agent_that_is_disconnected_is_told_as_lost_and_comes_back_when_it_is_time(BrokerKind kind)
    {
        await using var broker = await Broker.StartAsync(kind);
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var bag = new PlayedBag(PlayedBag.Numbers(400, perSecond: 200));
        await using var output = bag.Open(broker.Address("qos=1&connection=agent"), agents: 2);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 2, fleet: new FleetPlan
        {
            FirstAgent = 1,
            Agents = 2,
            Faults = [new FleetFault { Kind = FleetFaultKind.Disconnect, Last = 1, At = TimeSpan.FromSeconds(0.3), For = TimeSpan.FromSeconds(0.5) }],
        });

        await cohort.BeginAsync(TimeSpan.FromMinutes(1));
        await subscriber.UntilAsync(messages => StatesOf(messages, 1).Contains("lost"), "the Last Will");
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(20));
        await subscriber.UntilAsync(messages => StatesOf(messages, 1).Length == 4 && StatesOf(messages, 2).Length == 2, "both agents' going");

        var agents = (await cohort.SnapshotAsync()).Agents.OrderBy(agent => agent.InstanceId).ToArray();
        var status = output.Status()[0];
        var (one, other) = (output.PublishedBy(1)![0].Counts, output.PublishedBy(2)![0].Counts);
        Assert.Equal([new FaultCounts(0, 0, 0, 0, 0, 100), default], agents.Select(agent => agent.Faults));
        Assert.Equal(["online", "lost", "online", "offline"], StatesOf(subscriber.Messages, 1));
        Assert.Equal(["online", "offline"], StatesOf(subscriber.Messages, 2));
        // Until it is connected again, what it puts out is the endpoint's loss.
        Assert.Equal((300L, 400L, 1L), (one.Out + one.LostTotal, other.Out, status.Counts.Reconnects));
        Assert.Equal(one.LostTotal, one.Lost[(int)LossReason.Disconnected]);
        Assert.Equal(status.Counts.Out, subscriber.Messages.Count(message => message.Topic.EndsWith("/numbers", StringComparison.Ordinal)));
        Assert.InRange(one.Out, 60, 300);
    }

    [Fact]
    public async Task Agent_that_is_disconnected_comes_back_at_once_when_the_injected_fault_is_taken_away()
    {
        await using var broker = await Broker.StartAsync(BrokerKind.Mosquitto);
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        using var bag = new PlayedBag(PlayedBag.Numbers(8000, perSecond: 200));
        await using var output = bag.Open(broker.Address("qos=1&connection=agent"), agents: 2);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 2);
        var playback = new Playback(TimeSpan.FromMinutes(5), Paused: false, 1, Seek: null);
        var disconnect = new FaultInjection(new FleetFault { Kind = FleetFaultKind.Disconnect, Last = 1, For = TimeSpan.FromHours(1) }, 0, 1);

        await cohort.PlayAsync(playback with { Faults = [disconnect] });
        await subscriber.UntilAsync(messages => StatesOf(messages, 1).Contains("lost"), "the Last Will");
        await cohort.PlayAsync(playback with { Paused = true, Faults = [] });
        await subscriber.UntilAsync(messages => StatesOf(messages, 1) is [.., "lost", "online"], "the agent to come back");

        Assert.Equal(["online"], StatesOf(subscriber.Messages, 2));
        await cohort.StopAsync();
    }

    private static string[] StatesOf(IReadOnlyList<Received> messages, int agent) =>
        [.. messages.Where(message => message.Topic == $"fleet/7/instance-7-{agent}/_status").Select(message => Encoding.UTF8.GetString(message.Payload))];
}
