using System.Text;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Replay;

/// <summary>One message of each topic by which a robot that navigates says where it is: always at (1, 2), at second 5.</summary>
internal static class NavigationBag
{
    private const string Place = """{"x":1,"y":2}""";
    private const string Pose = $$"""{"header":{"stamp":{"sec":5},"frame_id":"map"},"pose":{"position":{{Place}} } }""";

    public static void Write(string folder)
    {
        using var bag = BagWriter.Create(folder);
        Write(bag, "/clock", "rosgraph_msgs/msg/Clock", """{"clock":{"sec":5}}""");
        Write(bag, "/odom", "nav_msgs/msg/Odometry", $$"""{{{Head("odom")}},"child_frame_id":"base_link","pose":{"pose":{"position":{{Place}} } } }""");
        Write(bag, "/amcl_pose", "geometry_msgs/msg/PoseWithCovarianceStamped", $$"""{{{Head("map")}},"pose":{"pose":{"position":{{Place}} } } }""");
        Write(bag, "/tf", "tf2_msgs/msg/TFMessage", $$"""{"transforms":[{{Transform("map", "odom")}},{{Transform("odom", "base_link")}},{{Transform("base_link", "laser")}}]}""");
        Write(bag, "/plan", "nav_msgs/msg/Path", $$"""{{{Head("map")}},"poses":[{{Pose}},{{Pose}}]}""");
        bag.Complete();
    }

    private static string Head(string frame) => $$"""
        "header":{"stamp":{"sec":5},"frame_id":"{{frame}}"}
        """;

    private static string Transform(string parent, string child) => $$"""{{{Head(parent)}},"child_frame_id":"{{child}}","transform":{"translation":{{Place}} } }""";

    private static void Write(BagWriter bag, string topic, string type, string json)
    {
        var codec = new MessageCodec(TestTypes.Find(type));
        bag.Write(bag.AddTopic(new BagTopic { Name = topic, Type = type }), 5_000_000_000, codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes(json))));
    }
}
