using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>What a <c>dds</c> address says, and the names that DDS gets.</summary>
public sealed class DdsEndpointTests
{
    [Fact]
    public void Address_says_where_and_how_is_published()
    {
        var endpoint = Parse("dds://?domain=42&peers=10.0.0.1,robot-2.local:7412&interface=eth0&topic=/fleet/{agent}/{topic}&writers=shared&reliability=bestEffort&depth=5&subscribers=2&maxWriters=9&gid=24&queue=7&onFailure=wait");

        var dds = (DdsEndpointOptions)endpoint.Options;
        Assert.Equal((42, "eth0", false, "/fleet/{agent}/{topic}"), (dds.Domain, dds.Interface, dds.Multicast, dds.Topic));
        Assert.Equal(["10.0.0.1", "robot-2.local:7412"], dds.Peers);
        Assert.Equal((DdsWriterScope.Shared, DdsReliability.BestEffort, DdsDurability.Recorded, 5), (dds.Writers, dds.Reliability, dds.Durability, dds.Depth));
        Assert.Equal((2, 9, 24, 7, EndpointFailurePolicy.Wait), (dds.Subscribers, dds.MaxWriters, dds.GidLength, dds.Queue, endpoint.OnFailure));
        Assert.Equal("dds://?domain=42", endpoint.ToString());
    }

    [Theory]
    [InlineData("dds://")]
    [InlineData("DDS://?")]
    public void Without_options_it_is_domain_0_by_multicast(string text)
    {
        var dds = (DdsEndpointOptions)Parse(text).Options;

        Assert.Equal((0, true, null, DdsEndpointOptions.DefaultTopic, 16), (dds.Domain, dds.Multicast, dds.Interface, dds.Topic, dds.GidLength));
    }

    [Theory]
    [InlineData("dds://robot", "a dds address has no host")]
    [InlineData("dds://:7400?domain=1", "a dds address has no host")]
    [InlineData("dds://?domain=1#x", "a dds address has no host")]
    [InlineData("dds://?domain=233", "the option 'domain' must be a number from 0 to 232")]
    [InlineData("dds://?domain=-1", "the option 'domain' must be a number from 0 to 232")]
    [InlineData("dds://?peers=a,,b", "the option 'peers' must be hosts or IPv4 addresses")]
    [InlineData("dds://?peers=a:0", "the option 'peers' must be hosts or IPv4 addresses")]
    [InlineData("dds://?peers=%22/%3E", "the option 'peers' must be hosts or IPv4 addresses")]
    [InlineData("dds://?interface=%3Cx%3E", "the option 'interface' must be the name or IPv4 address of a network interface")]
    [InlineData("dds://?topic=/{agent}", "the option 'topic' must be a topic of ROS")]
    [InlineData("dds://?topic={agent}/{topic}", "the option 'topic' must be a topic of ROS")]
    [InlineData("dds://?topic=/a-b/{topic}", "the option 'topic' must be a topic of ROS")]
    [InlineData("dds://?topic=/{n}/{topic}", "the option 'topic' must be a topic of ROS")]
    [InlineData("dds://?gid=20", "the option 'gid' must be 16, or 24")]
    [InlineData("dds://?qos=1", "the option 'qos' is not known")]
    [InlineData("dds://?credentials=x", "the option 'credentials' is not known")]
    public void What_is_wrong_is_said(string text, string problem)
    {
        Assert.False(OutputEndpoint.TryParseList(text, out _, out var found));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/turtle1/cmd_vel", null)]
    [InlineData("/_hidden/x1", null)]
    [InlineData("/1st", "has the part '1st', and no part of a ROS name begins with a digit")]
    [InlineData("/a//b", "holds an empty part between two slashes or at its end")]
    [InlineData("/a/", "holds an empty part between two slashes or at its end")]
    [InlineData("/gr\u00fcn", "holds '\u00fc': names of ROS have letters, digits, '_' and '/' alone")]
    [InlineData("a", "must begin with '/' and a name")]
    public void Names_of_topics_are_those_of_ROS(string topic, string? problem) => Assert.Equal(problem, RosNames.ProblemOfTopic(topic));

    [Theory]
    [InlineData("geometry_msgs/msg/Twist", "geometry_msgs::msg::dds_::Twist_")]
    [InlineData("std_srvs/srv/SetBool_Event", "std_srvs::srv::dds_::SetBool_Event_")]
    [InlineData("std_msgs/String", "std_msgs::msg::dds_::String_")]
    [InlineData("String", null)]
    [InlineData("a/b/c/d", null)]
    [InlineData("a/msg/B<C>", null)]
    public void Types_are_mangled_as_ROS_does_it(string type, string? name) => Assert.Equal(name, RosNames.MangleType(type));

    [Theory]
    [InlineData("instance-7-1", "instance_7_1", "/", "instance_7_1")]
    [InlineData("site a/robot 7", "site_a/robot_7", "/site_a", "robot_7")]
    [InlineData("/7/of/9/", "_7/of/_9", "/_7/of", "_9")]
    public void Names_of_agents_become_those_of_nodes(string agent, string simplified, string space, string name)
    {
        Assert.Equal(simplified, RosNames.Simplify(agent));
        Assert.Equal((space, name), RosNames.NodeOf(simplified));
    }

    [Theory]
    [InlineData("/usr/lib/x86_64-linux-gnu/libddsc.so.0.10.2", null)]
    [InlineData("/opt/ros/jazzy/lib/x86_64-linux-gnu/libddsc.so.0.10.5", null)]
    [InlineData("/usr/lib/libddsc.so.0.9.1", "is Cyclone DDS 0.9.1")]
    [InlineData("/usr/lib/libddsc.so.11.0.1", "is Cyclone DDS 11.0.1")]
    [InlineData("/usr/lib/libddsc.so", "does not tell its version by its name, as libddsc.so.0.10.2 does")]
    public void Libraries_of_other_versions_are_refused(string file, string? problem) => Assert.Equal(problem is null ? null : $"{file} {problem}", DdsLibrary.ProblemOf(file));

    [Fact]
    public void Of_several_publishers_the_strongest_promise_counts()
    {
        QosProfile[] profiles =
        [
            new() { Reliability = QosReliability.BestEffort, Depth = 5, Deadline = new QosDuration(2, 0), Lifespan = new QosDuration(1, 0) },
            new() { Durability = QosDurability.TransientLocal, Depth = 3, Deadline = new QosDuration(0, 500_000_000), Lifespan = new QosDuration(3, 0), LivelinessLeaseDuration = new QosDuration(4, 0) },
        ];

        var offer = WriterQos.Of(profiles, new DdsEndpointOptions());

        Assert.Equal(
            new WriterQos { IsReliable = true, IsTransientLocal = true, Depth = 5, History = 5, Deadline = 500_000_000, Lifespan = 3_000_000_000, Lease = 4_000_000_000 },
            offer);
    }

    [Fact]
    public void What_recorders_cannot_see_is_kept_as_long_as_reliable_subscribers_need_it()
    {
        var unknown = new QosProfile { History = QosHistory.Unknown, Depth = 0, Durability = QosDurability.TransientLocal };

        Assert.Equal(new WriterQos { IsTransientLocal = true, Depth = null, History = 3 }, WriterQos.Of([unknown, unknown, unknown], new DdsEndpointOptions()));
        Assert.Equal(new WriterQos { IsReliable = false, Depth = 7, History = 7 }, WriterQos.Of([unknown], new DdsEndpointOptions { Reliability = DdsReliability.BestEffort, Durability = DdsDurability.Volatile, Depth = 7 }));
        Assert.Equal(new WriterQos(), WriterQos.Of([], new DdsEndpointOptions()));
    }

    private static OutputEndpoint Parse(string text)
    {
        Assert.True(OutputEndpoint.TryParseList(text, out var endpoints, out var problem), problem);
        return Assert.Single(endpoints);
    }
}
