using System.Buffers;
using MQTTnet.Exceptions;
using SimulationManager.LocalMqtt;

namespace SimulationManager.Tests.LocalMqtt;

/// <summary>The length of a packet as its header says it, wherever the header is cut. Values of MQTT 5, table 1-1.</summary>
public sealed class PacketLimitTests
{
    [Theory]
    [InlineData(new byte[] { }, null)]
    [InlineData(new byte[] { 0x30 }, null)]
    [InlineData(new byte[] { 0xC0, 0x00 }, 2L)]
    [InlineData(new byte[] { 0x30, 0x7F }, 129L)]
    [InlineData(new byte[] { 0x30, 0x80 }, null)]
    [InlineData(new byte[] { 0x30, 0x80, 0x01 }, 131L)]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0x7F }, 2_097_155L)]
    [InlineData(new byte[] { 0x30, 0x80, 0x80, 0x80, 0x01, 9, 9 }, 2_097_157L)]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F }, 268_435_460L)]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF }, null)]
    public void Length_is_read_from_the_header_wherever_that_is_cut(byte[] bytes, long? expected)
    {
        Assert.Equal(expected, PacketLimit.LengthOf(new ReadOnlySequence<byte>(bytes)));
        for (var cut = 1; cut < bytes.Length; cut++)
            Assert.Equal(expected, PacketLimit.LengthOf(InTwo(bytes, cut)));
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x30, 0x80, 0x80, 0x80, 0x80, 0x01 })]
    public void Length_of_more_than_4_bytes_is_an_error(byte[] bytes) =>
        Assert.Throws<MqttProtocolViolationException>(() => PacketLimit.LengthOf(new ReadOnlySequence<byte>(bytes)));

    private static ReadOnlySequence<byte> InTwo(byte[] bytes, int cut)
    {
        var first = new Segment(bytes.AsMemory(0, cut));
        var last = first.Append(bytes.AsMemory(cut));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
