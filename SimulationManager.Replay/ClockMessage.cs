using System.Buffers.Binary;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>
/// What an agent that was asked for a clock says so many times a second of its playing time, or before messages, as <c>ros2 bag play</c> does with
/// <c>--clock</c> and <c>--clock-topics</c>: <c>rosgraph_msgs/msg/Clock</c>, the bag's time, in CDR (little endian: header, int32 seconds, uint32 nanoseconds).
/// </summary>
public static class ClockMessage
{
    /// <summary>The topic on which it is told.</summary>
    public const string Topic = "/clock";

    /// <summary>Its type.</summary>
    public static RecordedType Type { get; } = new(BuiltInDefinitions.Find("rosgraph_msgs/msg/Clock", RosDistro.Kilted)!);

    /// <summary>Bytes of a message.</summary>
    internal const int Size = 12;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The message that tells a time, <see cref="Size"/> bytes.</summary>
    /// <param name="time">Nanoseconds since 1970. The type has 32 bits for seconds: times beyond 2038 wrap, as they do in ROS itself.</param>
    internal static byte[] Write(long time)
    {
        var (seconds, nanoseconds) = Math.DivRem(time, NanosecondsPerSecond);
        if (nanoseconds < 0)
        {
            seconds--;
            nanoseconds += NanosecondsPerSecond;
        }
        var message = new byte[Size];
        // Little endian.
        message[1] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), unchecked((int)seconds));
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), (uint)nanoseconds);
        return message;
    }
}
