using System.Globalization;
using System.Text;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;
using SimulationManager.Tests.RosMessages;

namespace SimulationManager.Tests.Worker;

/// <summary>A recording whose messages are their own numbers from 0 on: none is like another.</summary>
internal static class NumberedBag
{
    public const string Topic = "/numbers";
    public const string Type = "std_msgs/msg/UInt64";

    public static void Write(string folder, int messages, int perSecond)
    {
        var codec = new MessageCodec(TestTypes.Find(Type));
        using var bag = BagWriter.Create(folder);
        var topic = bag.AddTopic(new BagTopic { Name = Topic, Type = Type });
        for (var number = 0; number < messages; number++)
        {
            var json = string.Create(CultureInfo.InvariantCulture, $$"""{"data":{{number}}}""");
            bag.Write(topic, number * 1_000_000_000L / perSecond, codec.Encode(codec.ReadJson(Encoding.UTF8.GetBytes(json))));
        }
        bag.Complete();
    }
}
