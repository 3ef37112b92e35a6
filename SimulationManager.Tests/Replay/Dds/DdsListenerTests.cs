using System.Security.Cryptography;
using SimulationManager.Replay;
using SimulationManager.Tests.Replay.Listening;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>What others publish in a domain is heard byte for byte, whoever was there first.</summary>
public sealed class DdsListenerTests
{
    private const string StringType = "std_msgs::msg::dds_::String_";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_of_another_process_are_heard_byte_for_byte_also_those_of_many_packets(bool isReliable)
    {
        using var domain = new OwnDomain();
        await using var talker = await DdsListener.TalkAsync(domain.Number, "rt/sut/a", StringType, isReliable);
        await using var other = await DdsListener.TalkAsync(domain.Number, "rt/other/a", StringType, isReliable);
        await using var ear = await Ear.ListenAsync(domain.Endpoint(), "/sut/**");
        byte[][] payloads = [Payload(4), Payload(1000), Payload(200_000), Payload(4)];

        await other.SayAsync(Payload(8));
        await talker.SayAsync(isReliable ? payloads : payloads[..2]);
        await ear.UntilHeardAsync(isReliable ? 4 : 2);

        Assert.Equal((isReliable ? payloads : payloads[..2]).Select(Convert.ToHexString), ear.Messages.Select(message => Convert.ToHexString(message.Payload.Span)));
        Assert.Equal([("/sut/a", "std_msgs/msg/String", "cdr")], ear.Messages.Select(message => (message.Topic.Name, message.Topic.Type, message.Topic.Encoding)).Distinct());
        Assert.All(ear.Messages, message => Assert.InRange(message.PublishedNs, message.ReceivedNs - 60_000_000_000, message.ReceivedNs + 1_000_000_000));
        Assert.Equal((0L, null), (ear.Heard.Missed, ear.Listener.Status.Error));
    }

    [Fact]
    public async Task What_was_published_before_is_heard_where_the_writer_keeps_it()
    {
        using var domain = new OwnDomain();
        await using var talker = await DdsListener.TalkAsync(domain.Number, "rt/map", StringType, isTransientLocal: true);
        var kept = Payload(100);
        await talker.SayAsync(kept);

        await using var ear = await Ear.ListenAsync(domain.Endpoint(), "/map");
        await ear.UntilHeardAsync(1);

        Assert.Equal(kept, Assert.Single(ear.Messages).Payload.ToArray());
    }

    [Fact]
    public async Task Writer_that_offers_less_is_heard_beside_the_first_one()
    {
        using var domain = new OwnDomain();
        await using var ear = await Ear.ListenAsync(domain.Endpoint(), "/a");
        await using var reliable = await DdsListener.TalkAsync(domain.Number, "rt/a", StringType, isReliable: true, isTransientLocal: true);
        await reliable.SayAsync([0, 1, 0, 0, 1, 0, 0, 0]);
        await ear.UntilHeardAsync(1);

        await using var unreliable = await DdsListener.TalkAsync(domain.Number, "rt/a", StringType, isReliable: false);
        await unreliable.SayAsync([0, 1, 0, 0, 2, 0, 0, 0]);
        await ear.UntilHeardAsync(2);
        await reliable.SayAsync([0, 1, 0, 0, 3, 0, 0, 0]);
        await ear.UntilHeardAsync(3);

        Assert.Equal([1, 2, 3], ear.Messages.Select(message => message.Payload.Span[4]).Select(value => (int)value));
    }

    [Fact]
    public async Task Second_type_of_a_topic_is_told()
    {
        using var domain = new OwnDomain();
        await using var ear = await Ear.ListenAsync(domain.Endpoint(), "/a");
        await using var first = await DdsListener.TalkAsync(domain.Number, "rt/a", StringType);
        await first.SayAsync(Payload(4));
        await ear.UntilHeardAsync(1);

        await using var second = await DdsListener.TalkAsync(domain.Number, "rt/a", "odd::Type");

        await ear.UntilErrorAsync("the topic rt/a has the type std_msgs::msg::dds_::String_ already");
        await first.SayAsync(Payload(4));
        await ear.UntilHeardAsync(2);
    }

    [Fact]
    public async Task Agents_of_the_same_process_are_heard_as_they_were_recorded_with_their_type_hash()
    {
        using var domain = new OwnDomain();
        await using var ear = await Ear.ListenAsync(domain.Endpoint(), "/instance_7_*/turtle1/cmd_vel");
        using var bag = new PlayedBag("turtlesim_cmd_vel");

        await bag.PlayAsync(domain.Endpoint("subscribers=1"), agents: 2, rate: 50);
        await ear.UntilHeardAsync(2 * bag.Timeline.Count);

        var first = ear.Messages.Where(message => message.Topic.Name == "/instance_7_1/turtle1/cmd_vel").Select(message => Convert.ToHexString(message.Payload.Span)).ToList();
        var second = ear.Messages.Where(message => message.Topic.Name == "/instance_7_2/turtle1/cmd_vel").Select(message => Convert.ToHexString(message.Payload.Span)).ToList();
        Assert.Equal((bag.Timeline.Count, bag.Timeline.Count), (first.Count, second.Count));
        Assert.Equal(first, second);
        Assert.All(ear.Heard.Topics, topic => Assert.StartsWith("RIHS01_", topic.TypeHash, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Domain_that_cannot_be_entered_is_told()
    {
        Assert.SkipUnless(DdsLibrary.Problem is null, $"{DdsLibrary.Problem}");
        await using var ear = Ear.Open("dds://?domain=99&interface=nowhere0", ["/a"]);

        await ear.UntilErrorAsync("this worker has no network interface nowhere0");
        Assert.Null(ear.Listener.Status.Since);
    }

    [Theory]
    [InlineData("/a/b", null)]
    [InlineData("/robot_*/odom", null)]
    [InlineData("/**", null)]
    [InlineData("a", "must begin with '/'")]
    [InlineData("/a b", "holds ' '")]
    [InlineData("/a+/b", "holds '+'")]
    public void Names_and_patterns_are_checked(string topic, string? problem)
    {
        var found = OutputEndpoint.ParseAll(["dds://?domain=1"]).Single().ProblemOfSubscription(topic);

        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Stars_stand_for_a_part_or_for_all()
    {
        var wanted = TopicGlob.Compile(["/robot_*/odom", "/tf", "/x/**"]);

        Assert.Equal(["/robot_1/odom", "/tf", "/x/y/z"], new[] { "/robot_1/odom", "/robot_1/a/odom", "/tf", "/tf_static", "/x/y/z", "/y" }.Where(name => wanted.IsMatch(name)));
    }

    /// <summary>Random bytes behind the header; a multiple of four, which DDS leaves as they are.</summary>
    private static byte[] Payload(int bytes) => [0, 1, 0, 0, .. RandomNumberGenerator.GetBytes(bytes)];
}
