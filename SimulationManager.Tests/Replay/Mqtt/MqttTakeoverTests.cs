using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>Agents go on publishing elsewhere, with what is known of what they published before.</summary>
public sealed class MqttTakeoverTests
{
    private const int Messages = 400;
    private const int Agents = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("qos=0")]
    [InlineData("qos=1&connection=agent")]
    [InlineData("qos=2")]
    public async Task What_never_reached_the_broker_is_published_first_and_in_order(string options)
    {
        // Each message of quality 2 waits for two answers.
        const int messages = 100;
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        await broker.KillAsync();
        using var bag = new PlayedBag(PlayedBag.Numbers(messages, perSecond: 2000));
        var first = await PlayAsync(bag, broker.Address($"{options}&onFailure=wait"), then: null);
        await broker.StartAgainAsync();
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/numbers", quality: 2);

        await using var output = bag.Open(broker.Address($"{options}&onFailure=wait"), Agents, published: first);
        await output.ReadyAsync(Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));
        await subscriber.UntilAsync(heard => heard.Count >= messages * Agents, "all messages");

        Assert.All(first.Values, agent => Assert.Equal((0L, new MessageRun(0, 0, messages)), (agent[0].Counts.Out, Assert.Single(agent[0].Pending.Waiting))));
        Assert.All(subscriber.Messages, message => Assert.True(message.IsAgain));
        Assert.All(subscriber.Messages.GroupBy(message => message.Topic), agent => Assert.Equal(Enumerable.Range(0, messages), agent.Select(SequenceOf)));
        var counts = output.Status()[0].Counts;
        Assert.Equal((messages * Agents, messages * Agents, 0L), (counts.Out, counts.Resent, counts.LostTotal));
        Assert.All(Enumerable.Range(1, Agents), agent => Assert.True(output.PublishedBy(agent)![0].Pending.IsEmpty));
    }

    [Fact]
    public async Task What_was_on_its_way_may_come_twice_and_all_counts_are_those_of_the_subscriber()
    {
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/numbers", quality: 2);
        using var bag = new PlayedBag(PlayedBag.Numbers(Messages, perSecond: 400));
        var first = await PlayAsync(bag, broker.Address("qos=1&connection=agent"), async () =>
        {
            await subscriber.UntilAsync(messages => messages.Count > 50, "a part of the messages");
            await broker.SignalAsync("STOP");
        });
        await broker.SignalAsync("CONT");

        await using var output = bag.Open(broker.Address("qos=1&connection=agent"), Agents, published: first);
        await output.ReadyAsync(Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(30));
        await subscriber.UntilAsync(messages => messages.DistinctBy(message => (message.Topic, SequenceOf(message))).Count() == Messages * Agents, "all messages");

        var unacknowledged = first.Values.Sum(agent => agent[0].Pending.Unacknowledged.Sum(run => run.Count));
        var (before, after) = (PublishCounts.Sum(first.Values.Select(agent => agent[0].Counts)), output.Status()[0].Counts);
        var (again, once) = (subscriber.Messages.Where(message => message.IsAgain).ToArray(), subscriber.Messages.Where(message => !message.IsAgain).ToArray());
        Assert.InRange(unacknowledged, 1, Agents * 20);
        Assert.Equal((Messages * Agents, Messages * Agents), (before.Out + after.Out, before.Acknowledged + after.Acknowledged));
        Assert.Equal((0L, 0L, after.Resent), (before.Resent, before.LostTotal + after.LostTotal, again.Length));
        Assert.Equal(before.Out - before.Acknowledged, unacknowledged);
        Assert.Equal(after.Out + unacknowledged, after.Resent);
        Assert.Equal(once.Length, once.DistinctBy(message => (message.Topic, SequenceOf(message))).Count());
        Assert.All(again.GroupBy(message => message.Topic), agent => Assert.Equal(agent.Select(SequenceOf).Order(), agent.Select(SequenceOf)));
    }

    [Fact]
    public async Task What_faults_hold_back_waits_as_well_and_what_is_played_since_is_marked()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("fleet/+/+/numbers");
        var delay = new FleetFault { Kind = FleetFaultKind.Delay, Rate = 1, Delay = TimeSpan.FromHours(1) };
        using var bag = new PlayedBag(PlayedBag.Numbers(Messages, perSecond: 2000));
        await using var lost = bag.Open(broker.Address(), Agents);
        await lost.ReadyAsync(Cancellation);
        // Slowly: the agents must not have ended when they are looked at.
        var held = bag.Create(lost, Agents, rate: 0.02, fleet: new FleetPlan { FirstAgent = 1, Agents = Agents, Faults = [delay] });
        await held.BeginAsync(TimeSpan.FromMinutes(5));
        CohortSnapshot snapshot;
        do snapshot = await held.SnapshotAsync(withPublished: true);
        while (snapshot.Agents.Any(agent => agent.MessagesOut < 10));

        Assert.All(snapshot.Agents, agent => Assert.Equal(new MessageRun(0, 0, 1), snapshot.Published[agent.InstanceId][0].Pending.Waiting[0]));
        Assert.All(snapshot.Agents, agent => Assert.Equal(agent.MessagesOut, snapshot.Published[agent.InstanceId][0].Pending.Waiting.Sum(run => run.Count)));
        await held.StopAsync();
        await lost.CompleteAsync(TimeSpan.FromSeconds(20));
        await subscriber.UntilAsync(messages => messages.Count >= lost.Status()[0].Counts.Out, "what was held");
        var before = subscriber.Messages.Count;

        // Elsewhere it has played on for so long that all of it may have been heard.
        await using var output = bag.Open(broker.Address(), Agents);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, Agents, from: snapshot, playedOnFor: TimeSpan.FromMilliseconds(100));
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.CompleteAsync(TimeSpan.FromSeconds(20));
        await subscriber.UntilAsync(messages => messages.Count >= before + output.Status()[0].Counts.Out, "the rest");

        var again = subscriber.Messages.Count(message => message.IsAgain);
        Assert.Equal(output.Status()[0].Counts.Resent, again);
        // 100 ms of 2,000 messages a second, and what passed between the two lines that ask for the time.
        Assert.InRange(again, Agents * 195, Agents * (Messages - 10));
        Assert.All(subscriber.Messages.Where(message => message.IsAgain).GroupBy(message => message.Topic), agent => Assert.Equal(
            Enumerable.Range(SequenceOf(agent.First()), agent.Count()), agent.Select(SequenceOf)));
    }

    private static int SequenceOf(Received message) => int.Parse(message.Property("seq"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Plays all of it, and returns where that had got when the process was lost.</summary>
    private static async Task<IReadOnlyDictionary<long, AgentPublished[]>> PlayAsync(PlayedBag bag, string endpoint, Func<Task>? then)
    {
        await using var output = bag.Open(endpoint, Agents);
        if (then is not null) await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, Agents);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        if (then is not null) await then();
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        return (await cohort.SnapshotAsync(withPublished: true)).Published;
    }
}
