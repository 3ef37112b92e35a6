using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>What agents put out arrives at subscribers of DDS that are not ours, and is counted as it arrives.</summary>
public sealed class DdsSinkTests
{
    private const string Turtle = "turtlesim_cmd_vel";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DdsVendor.Cyclone, "onFailure=wait", "rt/instance_7_{0}/turtle1/cmd_vel")]
    [InlineData(DdsVendor.Cyclone, "durability=transientLocal&depth=1000", "rt/instance_7_{0}/turtle1/cmd_vel")]
    [InlineData(DdsVendor.Cyclone, "topic=/sim_{simulation}/{topic}/of_{n:000}", "rt/sim_7/turtle1/cmd_vel/of_00{0}")]
    [InlineData(DdsVendor.Fast, "onFailure=wait", "rt/instance_7_{0}/turtle1/cmd_vel")]
    [InlineData(DdsVendor.Fast, "durability=transientLocal&depth=1000", "rt/instance_7_{0}/turtle1/cmd_vel")]
    public async Task Bag_of_three_agents_arrives_complete_in_order_and_byte_identical(DdsVendor vendor, string options, string topic)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number, vendor);
        using var bag = new PlayedBag(Turtle);

        var status = Assert.Single(await bag.PlayAsync(domain.Endpoint($"subscribers=1&{options}"), agents: 3, rate: 50));
        await listener.UntilAsync(heard => heard.Messages.Count == 3 * bag.Timeline.Count, "all messages");

        var recorded = RecordedPayloads();
        var byAgent = listener.Messages.GroupBy(message => message.Topic).ToDictionary(group => group.Key, group => group.Select(message => message.Payload).ToArray());
        Assert.Equal(Enumerable.Range(1, 3).Select(agent => topic.Replace("{0}", $"{agent}", StringComparison.Ordinal)), byAgent.Keys.Order(StringComparer.Ordinal));
        Assert.All(byAgent.Values, payloads => Assert.Equal(recorded, payloads));
        Assert.All(listener.Writers, writer => Assert.Equal("geometry_msgs::msg::dds_::Twist_", writer.Type));
        var total = 3L * recorded.Length;
        Assert.Equal((total, 0L, 0L, total * recorded[0].Length), (status.Counts.Out, status.Counts.Acknowledged, status.Counts.LostTotal, status.Counts.Bytes));
        Assert.Equal(total, status.HandedOver.Count);
        Assert.Equal([$"the domain {domain.Number} has 1 other participant, who hears these agents and whose subscribers do"], status.Warnings);
    }

    /// <summary>Its scans are longer than a packet. What it has published with best effort could get lost: here it is reliable.</summary>
    [Theory]
    [InlineData(DdsVendor.Cyclone)]
    [InlineData(DdsVendor.Fast)]
    public async Task Demo_of_three_agents_arrives_complete_in_order_and_byte_identical(DdsVendor vendor)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number, vendor);
        using var bag = PlayedBag.OfRobot(TimeSpan.FromSeconds(10));

        var status = Assert.Single(await bag.PlayAsync(domain.Endpoint("subscribers=1&reliability=reliable&depth=100000"), agents: 3));
        await listener.UntilAsync(heard => heard.Messages.Count == 3 * bag.Timeline.Count, "all messages");

        Assert.Equal((3L * bag.Timeline.Count, 0L), (status.Counts.Out, status.Counts.LostTotal));
        var recorded = await bag.PayloadsByTopicAsync(Cancellation);
        Assert.Equal(5, recorded.Count);
        var heard = listener.Messages.ToLookup(message => message.Topic, message => message.Payload);
        Assert.Equal(15, heard.Count);
        foreach (var agent in Enumerable.Range(1, 3))
        {
            Assert.All(recorded, topic => Assert.Equal(topic.Value, heard[$"rt/instance_7_{agent}{topic.Key}"].Zip(topic.Value, WithoutPadding)));
        }
    }

    [Theory]
    [InlineData("durability=transientLocal&depth=1000")]
    [InlineData("durability=transientLocal&depth=1000&writers=shared")]
    [InlineData("subscribers=1")]
    public async Task What_was_never_published_elsewhere_is_published_first_and_in_order(string options)
    {
        const int messages = 100;
        const int agents = 3;
        using var domain = new OwnDomain();
        using var bag = new PlayedBag(Numbers(messages));
        var first = await PlayToNobodyAsync(bag, agents);
        await using var listener = await DdsListener.StartAsync(domain.Number);

        await using var output = bag.Open(domain.Endpoint(options), agents, published: first);
        await output.ReadyAsync(Cancellation);
        await listener.UntilAsync(heard => heard.Messages.Count >= messages * agents, "all messages");
        await output.CompleteAsync(TimeSpan.FromSeconds(30));

        Assert.All(first.Values, agent => Assert.Equal((0L, new MessageRun(0, 0, messages)), (agent[0].Counts.Out, Assert.Single(agent[0].Pending.Waiting))));
        Assert.All(listener.Messages.GroupBy(message => message.Topic), agent => Assert.Equal(Enumerable.Range(0, messages), agent.Select(NumberOf)));
        var counts = output.Status()[0].Counts;
        Assert.Equal((messages * agents, messages * agents, 0L), (counts.Out, counts.Resent, counts.LostTotal));
        Assert.All(Enumerable.Range(1, agents), agent => Assert.True(output.PublishedBy(agent)![0].Pending.IsEmpty));
    }

    [Fact]
    public async Task Agents_that_go_on_elsewhere_take_what_is_not_out_along_and_their_writers_go()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag(Numbers(50));
        await using var output = bag.Open(domain.Endpoint("subscribers=1"), agents: 2);
        await output.ReadyAsync(Cancellation);
        await output.FreezeAsync([2]);
        var cohort = bag.Create(output, agents: 2);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.DrainAsync([1, 2], TimeSpan.FromSeconds(30));

        Assert.Equal(new MessageRun(0, 0, 50), Assert.Single(output.PublishedBy(2)![0].Pending.Waiting));
        output.Unfreeze([2]);
        await listener.UntilAsync(heard => heard.Messages.Count == 100, "all messages");
        await output.DrainAsync([1, 2], TimeSpan.FromSeconds(30));
        await output.RemoveAsync([2]);
        await listener.UntilAsync(heard => heard.Writers.Count == 1, "the writer to be gone");

        Assert.Equal((100L, 50L, 0L), (output.Status()[0].Counts.Out, output.Status()[0].Counts.Resent, output.Status()[0].Counts.LostTotal));
        Assert.Equal("rt/instance_7_1/numbers", Assert.Single(listener.Writers).Topic);
        Assert.All(listener.Messages.GroupBy(message => message.Topic), agent => Assert.Equal(Enumerable.Range(0, 50), agent.Select(NumberOf)));
    }

    [Fact]
    public async Task Agents_share_a_writer_where_their_topics_have_one_name()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag(Numbers(20));

        await bag.PlayAsync(domain.Endpoint("subscribers=1&writers=shared&topic=/all/{topic}"), agents: 5);
        await listener.UntilAsync(heard => heard.Messages.Count == 100, "all messages");

        Assert.Single(listener.AllWriters);
        Assert.All(listener.Messages, message => Assert.Equal("rt/all/numbers", message.Topic));
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(number => Enumerable.Repeat(number, 5)), listener.Messages.Select(NumberOf).Order());
    }

    [Theory]
    [InlineData(DdsVendor.Cyclone)]
    [InlineData(DdsVendor.Fast)]
    public async Task Messages_of_every_size_arrive_as_they_are_with_what_pads_them(DdsVendor vendor)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number, vendor);
        int[] sizes = [12, 13, 14, 15, 1_400, 65_000, 70_001, 1_000_003];
        using var bag = new PlayedBag(Sized(sizes));

        var status = Assert.Single(await bag.PlayAsync(domain.Endpoint("subscribers=1")));
        await listener.UntilAsync(heard => heard.Messages.Count == sizes.Length, "all messages");

        Assert.Equal(sizes.Sum(), status.Counts.Bytes);
        Assert.Equal(sizes.Select(SizedPayload), listener.Messages.Zip(sizes, (message, size) => WithoutPadding(message.Payload, SizedPayload(size))));
    }

    [Fact]
    public async Task Subscriber_that_does_not_keep_up_costs_messages_and_what_is_out_arrives()
    {
        const int messages = 3000;
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag(Sized([.. Enumerable.Repeat(1000, messages)]));
        await using var output = bag.Open(domain.Endpoint("subscribers=1&queue=64"), agents: 1);
        await output.ReadyAsync(Cancellation);
        await listener.SignalAsync("STOP");
        var cohort = bag.Create(output, agents: 1);

        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await listener.SignalAsync("CONT");
        await output.CompleteAsync(TimeSpan.FromSeconds(60));
        var counts = output.Status()[0].Counts;
        await listener.UntilAsync(heard => heard.Messages.Count >= counts.Out, "what is out");

        Assert.Equal((messages, counts.Lost[(int)LossReason.Backlog]), (counts.Out + counts.LostTotal, counts.LostTotal));
        Assert.InRange(counts.Out, 1, messages - 1);
        Assert.Equal(counts.Out, listener.Messages.Count);
    }

    [Fact]
    public async Task What_DDS_cannot_carry_is_counted_and_said_and_the_rest_is_published()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        var numbers = Numbers(40, "/good", "/b\u00e4d", "/typed", "/odd");
        using var bag = new PlayedBag(new ReplayTimeline(
            [.. Enumerable.Range(0, 40).Select(numbers.PositionOf)], [.. Enumerable.Range(0, 40).Select(index => (ushort)(index % 4))], [.. Enumerable.Repeat(12, 40)], numbers.Topics, numbers.Duration, new NumberPayloads())
        {
            Types = [.. new[] { "std_msgs/msg/UInt64", "std_msgs/msg/UInt64", "nobodys_msgs/msg/Thing", "Thing" }.Select(TypeOf)],
        });

        var status = Assert.Single(await bag.PlayAsync(domain.Endpoint("subscribers=1")));
        await listener.UntilAsync(heard => heard.Messages.Count == 20, "what can be published");

        Assert.Equal((20L, 10L, 10L), (status.Counts.Out, status.Counts.Lost[(int)LossReason.Topic], status.Counts.Lost[(int)LossReason.Payload]));
        Assert.Equal(["rt/instance_7_1/good", "rt/instance_7_1/typed"], listener.Messages.Select(message => message.Topic).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(4, status.Warnings.Count);
        Assert.Contains("/typed is published without a type hash, so that subscribers know its type by name alone: nobodys_msgs/msg/Thing is defined neither in the bag nor among the common types", status.Warnings);
        Assert.Contains("/odd cannot be published over DDS: Thing is no name of a type such as package/msg/Type", status.Warnings);
        Assert.Contains("/b\u00e4d cannot be published over DDS: /instance_7_1/b\u00e4d holds '\u00e4': names of ROS have letters, digits, '_' and '/' alone", status.Warnings);
        Assert.Equal(["", "typehash="], listener.AllWriters.Select(writer => writer.UserData == "-" ? "" : writer.UserData[..9]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void More_writers_than_allowed_are_refused_with_the_way_out()
    {
        using var bag = new PlayedBag(Numbers(10, "/a", "/b"));

        var refused = Assert.Throws<FormatException>(() => bag.Open("dds://?domain=1&maxWriters=19", agents: 10));

        Assert.Contains("10 agents with 2 topics each are 20 writers", refused.Message, StringComparison.Ordinal);
        Assert.Contains("maxWriters=20", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Domain_that_cannot_be_entered_is_told_and_fails_the_run_where_it_is_to()
    {
        using var domain = new OwnDomain();
        using var bag = new PlayedBag(Numbers(10));
        var endpoint = $"dds://?domain={domain.Number}&interface=nosuch0";

        await using var goesOn = bag.Open(endpoint, agents: 1);
        await goesOn.ReadyAsync(Cancellation);
        var cohort = bag.Create(goesOn, agents: 1);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await goesOn.CompleteAsync(TimeSpan.FromSeconds(5));
        var status = goesOn.Status()[0];
        Assert.Equal((0, 0L, 10L), (status.Connected, status.Counts.Out, status.Counts.Lost[(int)LossReason.Disconnected]));
        Assert.Equal("this worker has no network interface nosuch0", status.Error?.Split(';')[0]);
        Assert.Null(goesOn.Failure);

        await using var fails = bag.Open($"{endpoint}&onFailure=fail&failAfter=1", agents: 1);
        await Wait.UntilAsync(() => fails.Failure is not null, TimeSpan.FromSeconds(60), "the endpoint to fail");
        Assert.Contains("is away for more than 1 s: this worker has no network interface nosuch0", fails.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_cohorts_share_a_domain_and_a_third_that_says_otherwise_is_refused()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag(Numbers(20));
        await using var one = bag.Open(domain.Endpoint("subscribers=1"), agents: 1);
        await using var other = bag.Open(domain.Endpoint("subscribers=1&topic=/other/{topic}"), agents: 1);
        await Task.WhenAll(one.ReadyAsync(Cancellation), other.ReadyAsync(Cancellation));
        await using var third = bag.Open($"dds://?domain={domain.Number}&interface=lo", agents: 1);
        await third.ReadyAsync(Cancellation);
        await listener.UntilAsync(heard => heard.Writers.Count == 2, "both writers");

        Assert.Equal((null, null), (one.Status()[0].Error, other.Status()[0].Error));
        Assert.Contains("with another interface, other peers or another multicast already", third.Status()[0].Error, StringComparison.Ordinal);
        Assert.Equal(2, listener.Writers.Select(writer => writer.Participant).Distinct().Count());
        await one.DisposeAsync();
        await listener.UntilAsync(heard => heard.Writers.Count == 1, "the first one's writer to go");
        Assert.Equal("rt/other/numbers", listener.Writers[0].Topic);
    }

    private static ReplayTimeline Numbers(int count, params string[] topics)
    {
        var numbers = PlayedBag.Numbers(count, perSecond: 2000, topics: topics);
        return new ReplayTimeline(
            [.. Enumerable.Range(0, count).Select(numbers.PositionOf)], [.. Enumerable.Range(0, count).Select(index => (ushort)numbers.TopicOf(index))], [.. Enumerable.Repeat(12, count)], numbers.Topics, numbers.Duration, new NumberPayloads())
        {
            Types = [.. numbers.Topics.Select(_ => TypeOf("std_msgs/msg/UInt64"))],
        };
    }

    private static ReplayTimeline Sized(int[] sizes) => new([.. sizes.Select((_, index) => index * 1_000_000L)], new ushort[sizes.Length], sizes, ["/sized"], sizes.Length * 1_000_000L, new SizedPayloads(sizes))
    {
        Types = [TypeOf("std_msgs/msg/UInt8MultiArray")],
    };

    private static RecordedType TypeOf(string name) => RecordedType.Of("kilted", [new BagTopic { Name = "/x", Type = name }], [])[0];

    /// <summary>What was heard, without the zeros that fill it up to a multiple of four bytes.</summary>
    private static byte[] WithoutPadding(byte[] heard, byte[] recorded) =>
        heard.Length <= ((recorded.Length + 3) & ~3) && heard.AsSpan(Math.Min(recorded.Length, heard.Length)).IndexOfAnyExcept((byte)0) < 0 ? heard[..Math.Min(recorded.Length, heard.Length)] : heard;

    private static int NumberOf(Heard message) => (int)BitConverter.ToInt64(message.Payload, 4);

    private static byte[] SizedPayload(int size) => [0, 1, 0, 0, .. Enumerable.Range(4, size - 4).Select(index => (byte)((index * 31) + size))];

    /// <summary>What agents have put out when the domain they wait for was never there.</summary>
    private static async Task<IReadOnlyDictionary<long, AgentPublished[]>> PlayToNobodyAsync(PlayedBag bag, int agents)
    {
        await using var output = bag.Open("dds://?domain=1&interface=nosuch0&onFailure=wait", agents);
        var cohort = bag.Create(output, agents);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        return (await cohort.SnapshotAsync(withPublished: true)).Published;
    }

    private sealed class NumberPayloads : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            buffer.Span[..4].Clear();
            buffer.Span[1] = 1;
            BitConverter.TryWriteBytes(buffer.Span[4..], (long)message);
            return ValueTask.FromResult(12);
        }
    }

    private sealed class SizedPayloads(int[] sizes) : IPayloadSource
    {
        public ValueTask<int> ReadAsync(int message, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            SizedPayload(sizes[message]).CopyTo(buffer);
            return ValueTask.FromResult(sizes[message]);
        }
    }

    private static byte[][] RecordedPayloads()
    {
        using var folder = new TempFolder();
        using var bag = BagReader.Open(BagFixtures.CopyOf(Turtle, folder));
        var payloads = new List<byte[]>();
        foreach (var message in bag.ReadMessages()) payloads.Add(message.Data.ToArray());
        return [.. payloads];
    }
}
