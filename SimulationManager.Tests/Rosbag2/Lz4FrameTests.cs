using System.Text;
using SimulationManager.Rosbag2.Mcap;

namespace SimulationManager.Tests.Rosbag2;

public sealed class Lz4FrameTests
{
    // Made by `lz4 -9 -BD -B4 --content-size`: blocks of 64 KiB that refer to the ones before, as libmcap writes them.
    private static byte[] Linked => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Rosbag2", "linked.lz4"));

    private static byte[] Content => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(i => $"{i % 97:00} the robot is here\n")));

    [Fact]
    public void Linked_blocks_are_decoded()
    {
        var target = new byte[Content.Length];

        Assert.Equal(target.Length, Lz4Frame.Decode(Linked, target, checkContent: true, isCut: false));
        Assert.Equal(Content, target);
    }

    [Fact]
    public void Frames_one_after_another_and_skippable_ones_are_decoded()
    {
        byte[] frames = [.. Linked, 0x52, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3, .. Linked];
        var target = new byte[2 * Content.Length];

        Assert.Equal(target.Length, Lz4Frame.Decode(frames, target, checkContent: true, isCut: false));
        Assert.Equal([.. Content, .. Content], target);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(9_000_000)]
    public void Encoded_content_comes_back(int bytes)
    {
        var content = new byte[bytes];
        new Random(4).NextBytes(content.AsSpan(bytes / 2));
        var frame = new byte[Lz4Frame.MaxEncodedBytes(bytes)];
        var length = Lz4Frame.Encode(content, frame);
        var target = new byte[bytes];

        Assert.Equal(bytes, Lz4Frame.Decode(frame.AsSpan(0, length), target, checkContent: true, isCut: false));
        Assert.Equal(content, target);
    }

    [Fact]
    public void Wrong_content_checksum_is_an_error_where_it_is_checked()
    {
        var frame = Linked;
        frame[^1] ^= 1;
        var target = new byte[Content.Length];

        Assert.Throws<InvalidDataException>(() => Lz4Frame.Decode(frame, target, checkContent: true, isCut: false));
        Assert.Equal(target.Length, Lz4Frame.Decode(frame, target, checkContent: false, isCut: false));
    }

    [Fact]
    public void Cut_frame_gives_its_whole_blocks_or_an_error()
    {
        var target = new byte[Content.Length];
        foreach (var length in Enumerable.Range(1, Linked.Length - 1))
        {
            var frame = Linked[..length];
            Assert.Throws<EndOfStreamException>(() => Lz4Frame.Decode(frame, target, checkContent: true, isCut: false));
            var written = Lz4Frame.Decode(frame, target, checkContent: true, isCut: true);
            Assert.True(written % 65_536 == 0 || written == Content.Length);
            Assert.True(Content.AsSpan(0, written).SequenceEqual(target.AsSpan(0, written)));
        }
    }

    [Fact]
    public void Damaged_frames_never_write_beyond_their_target()
    {
        var random = new Random(9);
        var memory = new byte[Content.Length + 200];
        for (var round = 0; round < 2000; round++)
        {
            var frame = Linked;
            frame[random.Next(frame.Length)] = (byte)random.Next(256);
            var room = random.Next(Content.Length);
            memory.AsSpan().Fill(0xA5);
            try
            {
                Lz4Frame.Decode(frame, memory.AsSpan(100, room), checkContent: false, isCut: false);
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
            }

            Assert.Equal(-1, memory.AsSpan(0, 100).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, memory.AsSpan(100 + room).IndexOfAnyExcept((byte)0xA5));
        }
    }
}
