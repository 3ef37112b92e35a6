using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>
/// What participants of ROS 2 tell each other of their nodes: <c>rmw_dds_common/msg/ParticipantEntitiesInfo</c> on the topic <c>ros_discovery_info</c>, in CDR
/// (little endian). Without it writers are there, but of no node.
/// </summary>
internal static class DiscoveryInfo
{
    public const string Topic = "ros_discovery_info";

    public const string Type = "rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_";

    public static WriterQos Offer { get; } = new() { IsTransientLocal = true, Depth = 1 };

    /// <summary>The message.</summary>
    /// <param name="participant">The participant's id, 16 bytes.</param>
    /// <param name="nodes">Its nodes, and the ids of their writers.</param>
    /// <param name="gidLength">Bytes of an id: 16, or 24 up to ROS 2 Humble; what is more than the id is 0.</param>
    public static byte[] Write(byte[] participant, IReadOnlyCollection<(string Namespace, string Name, IReadOnlyCollection<byte[]> Writers)> nodes, int gidLength)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write((ReadOnlySpan<byte>)[0, 1, 0, 0]);
        WriteId(participant);
        WriteNumber(nodes.Count);
        foreach (var (space, name, writers) in nodes)
        {
            WriteText(space);
            WriteText(name);
            // Agents subscribe to nothing.
            WriteNumber(0);
            WriteNumber(writers.Count);
            foreach (var id in writers) WriteId(id);
        }
        return output.WrittenSpan.ToArray();

        void WriteId(byte[] id)
        {
            var target = output.GetSpan(gidLength)[..gidLength];
            target.Clear();
            id.CopyTo(target);
            output.Advance(gidLength);
        }

        void WriteNumber(int number)
        {
            // Alignment counts from the end of the header, which is four bytes long itself.
            var padding = -output.WrittenCount & 3;
            var target = output.GetSpan(padding + 4);
            target[..padding].Clear();
            BinaryPrimitives.WriteInt32LittleEndian(target[padding..], number);
            output.Advance(padding + 4);
        }

        void WriteText(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            WriteNumber(bytes.Length + 1);
            output.Write(bytes);
            output.Write((ReadOnlySpan<byte>)[0]);
        }
    }
}
