using System.Buffers;
using System.Text.Json;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>Agents are nodes of ROS 2 with the quality of service and types that were recorded: what <c>ros2 node list</c> and <c>ros2 topic info -v</c> are made of.</summary>
public sealed class DdsGraphTests
{
    private const string Separator = "\n================================================================================\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DdsVendor.Cyclone)]
    [InlineData(DdsVendor.Fast)]
    public async Task Writers_offer_what_was_recorded_and_name_the_hash_of_their_type(DdsVendor vendor)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number, vendor);
        using var bag = new PlayedBag("log_kilted");
        await using var output = bag.Open(domain.Endpoint("subscribers=1"), agents: 1);
        await output.ReadyAsync(Cancellation);
        await listener.UntilAsync(heard => heard.Writers.Count == 2, "the writers");

        Assert.Equal(
            [
                ("rt/instance_7_1/events/write_split", "rosbag2_interfaces::msg::dds_::WriteSplitEvent_", true, false, "typehash=RIHS01_4a50733d58c48fe31919ae8c8516beda7326d70c8e99aee98af3fdfd44ec5ae6;"),
                ("rt/instance_7_1/rosout", "rcl_interfaces::msg::dds_::Log_", true, true, "typehash=RIHS01_e28ce254ca8abc06abf92773b74602cdbf116ed34fbaf294fb9f81da9f318eac;"),
            ],
            listener.Writers.OrderBy(writer => writer.Topic, StringComparer.Ordinal).Select(writer => (writer.Topic, writer.Type, writer.IsReliable, writer.IsTransientLocal, writer.UserData)));
    }

    [Theory]
    [InlineData(DdsVendor.Cyclone)]
    [InlineData(DdsVendor.Fast)]
    public async Task Demo_has_the_quality_of_service_of_its_recording_and_the_hashes_of_its_types(DdsVendor vendor)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number, vendor);
        using var bag = PlayedBag.OfRobot(TimeSpan.FromSeconds(1));
        await using var output = bag.Open(domain.Endpoint("subscribers=1"), agents: 3);
        await output.ReadyAsync(Cancellation);
        await listener.UntilAsync(heard => heard is { DiscoveryInfos.Count: > 0, Writers.Count: 15 }, "the nodes and their writers");

        (string Topic, string Type, bool IsReliable, string Hash)[] topics =
        [
            ("cmd_vel", "geometry_msgs::msg::dds_::Twist_", true, "9c45bf16fe0983d80e3cfe750d6835843d265a9a6c46bd2e609fcddde6fb8d2a"),
            ("imu", "sensor_msgs::msg::dds_::Imu_", false, "7d9a00ff131080897a5ec7e26e315954b8eae3353c3f995c55faf71574000b5b"),
            ("odom", "nav_msgs::msg::dds_::Odometry_", true, "3cc97dc7fb7502f8714462c526d369e35b603cfc34d946e3f2eda2766dfec6e0"),
            ("scan", "sensor_msgs::msg::dds_::LaserScan_", false, "64c191398013af96509d518dac71d5164f9382553fce5c1f8cca5be7924bd828"),
            ("tf", "tf2_msgs::msg::dds_::TFMessage_", true, "e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"),
        ];
        Assert.Equal(
            Enumerable.Range(1, 3).SelectMany(agent => topics.Select(topic => ($"rt/instance_7_{agent}/{topic.Topic}", topic.Type, topic.IsReliable, false, $"typehash=RIHS01_{topic.Hash};"))),
            listener.Writers.OrderBy(writer => writer.Topic, StringComparer.Ordinal).Select(writer => (writer.Topic, writer.Type, writer.IsReliable, writer.IsTransientLocal, writer.UserData)));
        var nodes = Read(listener.DiscoveryInfos[0], 16).Nodes;
        Assert.Equal(Enumerable.Range(1, 3).Select(agent => ("/", $"instance_7_{agent}")), nodes.Select(node => (node.Namespace, node.Name)));
        Assert.All(nodes, node => Assert.Equal(
            listener.Writers.Where(writer => writer.Topic.StartsWith($"rt/{node.Name}/", StringComparison.Ordinal)).Select(writer => writer.Id).Order(StringComparer.Ordinal),
            node.Writers.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("reliability=bestEffort&depth=4", false, false, 4)]
    [InlineData("durability=transientLocal", true, true, -1)]
    public async Task Quality_of_service_is_what_is_asked_for(string options, bool isReliable, bool isTransientLocal, int depth)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        await using var output = bag.Open(domain.Endpoint($"subscribers=1&{options}"), agents: 1);
        await output.ReadyAsync(Cancellation);

        await listener.UntilAsync(heard => heard.Writers.Count == 1, "the writer");
        var writer = listener.Writers[0];
        Assert.Equal((isReliable, isTransientLocal, depth), (writer.IsReliable, writer.IsTransientLocal, writer.Depth));
        // The bag is older than hashes; the definition of the type is a common one.
        Assert.Equal($"typehash={TypeHash.Compute(BuiltInDefinitions.Find("geometry_msgs/msg/Twist", RosDistro.Humble)!)};", writer.UserData);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    public async Task Agents_are_told_as_nodes_with_their_writers(int gidLength)
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag("log_kilted");
        await using var output = bag.Open(domain.Endpoint($"subscribers=1&gid={gidLength}"), agents: 2);
        await output.ReadyAsync(Cancellation);
        await listener.UntilAsync(heard => heard is { DiscoveryInfos.Count: > 0, Writers.Count: 4 }, "the nodes and their writers");

        var all = Read(listener.DiscoveryInfos[0], gidLength);
        Assert.Equal(listener.Writers[0].Participant, all.Participant);
        Assert.Equal(
            new[] { 1, 2 }.Select(agent => ("/", $"instance_7_{agent}", string.Join(' ', listener.Writers.Where(writer => writer.Topic.Contains($"_7_{agent}/", StringComparison.Ordinal)).Select(writer => writer.Id).Order(StringComparer.Ordinal)))),
            all.Nodes.Select(node => (node.Namespace, node.Name, string.Join(' ', node.Writers.Order(StringComparer.Ordinal)))));

        await output.RemoveAsync([1]);
        await listener.UntilAsync(heard => heard.DiscoveryInfos.Count > 1, "the nodes that are left");

        Assert.Equal("instance_7_2", Assert.Single(Read(listener.DiscoveryInfos[^1], gidLength).Nodes).Name);
    }

    [Fact]
    public async Task Clock_has_a_writer_of_the_node_once_it_ticks()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        await using var output = bag.Open(domain.Endpoint("subscribers=1"), agents: 2);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 2, rate: 20, clock: 100);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.DrainAsync([1, 2], TimeSpan.FromSeconds(30));
        await listener.UntilAsync(heard => heard.Writers.Count == 4 && heard.DiscoveryInfos.Count > 1, "the writers of the clocks");

        Assert.Equal(["rt/instance_7_1/clock", "rt/instance_7_2/clock"], listener.Writers.Where(writer => writer.Type == "rosgraph_msgs::msg::dds_::Clock_").Select(writer => writer.Topic).Order(StringComparer.Ordinal));
        await listener.UntilAsync(heard => Read(heard.DiscoveryInfos[^1], 16).Nodes.All(node => node.Writers.Length == 2), "the clocks to be those of the nodes");
    }

    [Fact]
    public async Task Who_subscribes_later_gets_what_is_kept()
    {
        using var domain = new OwnDomain();
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        await using var output = bag.Open(domain.Endpoint("durability=transientLocal&depth=5"), agents: 1);
        await output.ReadyAsync(Cancellation);
        var cohort = bag.Create(output, agents: 1, rate: 100);
        await cohort.BeginAsync(TimeSpan.FromMinutes(5));
        await cohort.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        await output.DrainAsync([1], TimeSpan.FromSeconds(30));

        await using var listener = await DdsListener.StartAsync(domain.Number);
        await listener.UntilAsync(heard => heard.Messages.Count >= 5, "what is kept");

        Assert.Equal(bag.Timeline.Count, output.Status()[0].Counts.Out);
        Assert.Equal(5, listener.Messages.Count);
        Assert.Equal(await bag.Timeline.ReadPayloadAsync(bag.Timeline.Count - 1, Cancellation), listener.Messages[^1].Payload);
    }

    /// <summary>Reads a message by ROS's definition of its type.</summary>
    private static (string Participant, (string Namespace, string Name, string[] Writers)[] Nodes) Read(byte[] payload, int gidLength)
    {
        var definition = "rmw_dds_common/Gid gid\nrmw_dds_common/NodeEntitiesInfo[] node_entities_info_seq"
            + $"{Separator}MSG: rmw_dds_common/Gid\nchar[{gidLength}] data"
            + $"{Separator}MSG: rmw_dds_common/NodeEntitiesInfo\nstring<=256 node_namespace\nstring<=256 node_name\nrmw_dds_common/Gid[] reader_gid_seq\nrmw_dds_common/Gid[] writer_gid_seq";
        var json = new ArrayBufferWriter<byte>();
        new MessageCodec(MessageSchema.Parse("rmw_dds_common/msg/ParticipantEntitiesInfo", definition)).WriteJson(payload, json);
        var root = JsonDocument.Parse(json.WrittenMemory).RootElement;
        return (IdOf(root.GetProperty("gid")), [.. root.GetProperty("node_entities_info_seq").EnumerateArray().Select(node => (
            node.GetProperty("node_namespace").GetString()!,
            node.GetProperty("node_name").GetString()!,
            node.GetProperty("writer_gid_seq").EnumerateArray().Select(IdOf).ToArray()))]);
    }

    private static string IdOf(JsonElement gid)
    {
        var bytes = gid.GetProperty("data").GetBytesFromBase64();
        Assert.All(bytes[16..], padding => Assert.Equal(0, padding));
        return Convert.ToHexStringLower(bytes[..16]);
    }
}
