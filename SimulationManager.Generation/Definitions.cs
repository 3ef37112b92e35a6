using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Generation;

/// <summary>Definitions of the types that the generators write, so that other readers can decode them.</summary>
internal static class Definitions
{
    /// <summary>The definition of a type followed by those that it uses (<c>ros2msg</c>).</summary>
    /// <param name="type"><c>package/msg/Type</c>; one that is the same in every release.</param>
    public static MessageDefinition Of(string type) => new()
    {
        TopicType = type,
        Text = BuiltInDefinitions.FindText(type, RosDistro.Kilted) ?? throw new InvalidOperationException($"There is no definition of {type}."),
    };
}
