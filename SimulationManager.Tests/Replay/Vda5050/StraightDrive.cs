using System.Text;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Replay.Vda5050;

/// <summary>A recording of a robot that drives along the x axis from 0 on at 1 m/s, for 3 s: <c>/odom</c>, 10 Hz.</summary>
internal static class StraightDrive
{
    public const string Topic = "/odom";

    private const string Type = "nav_msgs/msg/Odometry";
    private const int Messages = 30;
    private const long Interval = 100_000_000;

    public static void Write(string folder)
    {
        var codec = new MessageCodec(TestTypes.Find(Type));
        using var bag = BagWriter.Create(folder);
        var topic = bag.AddTopic(new BagTopic { Name = Topic, Type = Type });
        for (var n = 0; n < Messages; n++)
        {
            var odometry = $$"""{"pose":{"pose":{"position":{"x":{{n / 10}}.{{n % 10}} },"orientation":{"w":1} } },"twist":{"twist":{"linear":{"x":1} } } }""";
            bag.Write(topic, n * Interval, codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes(odometry))));
        }
        bag.Complete();
    }
}
