using System.Globalization;
using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;
using static SimulationManager.Tests.Rosbag2.McapBuilder;
using static SimulationManager.Tests.Rosbag2.McapReadingTests;

namespace SimulationManager.Tests.Rosbag2;

public sealed class McapBrokenInputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File1 => _folder["a.mcap"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("SQLite format 3\0")]
    [InlineData("MCAP")]
    public void File_that_is_not_mcap_is_an_error(string contents)
    {
        File.WriteAllText(File1, contents);

        Fails(() => BagReader.Open(File1), BagError.NotMcap);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public void Recording_of_a_killed_recorder_is_read_up_to_the_cut(string compression)
    {
        var whole = new McapBuilder().RawAll(Topics());
        var ends = new List<long>();
        for (var chunk = 0; chunk < 4; chunk++)
        {
            whole.Messages(compression, [.. Enumerable.Range(chunk * 50, 50).Select(i => ((ushort)1, (long)i, Payload(i)))]);
            ends.Add(whole.Position);
        }

        var bytes = whole.Killed();
        for (var length = 60; length <= bytes.Length; length += 37)
        {
            Rewrite(bytes[..length]);
            var numbers = Numbers(File1);

            // Whole chunks are all there; what is there of the last one is a start of it.
            Assert.Equal(Enumerable.Range(0, numbers.Count), numbers);
            Assert.InRange(numbers.Count, ends.Count(end => end <= length) * 50, 200);
            Assert.Contains("FileCutOff(a.mcap)", Codes(BagVerifier.Verify(File1)));
        }
    }

    [Fact]
    public void Cut_in_an_uncompressed_chunk_keeps_the_messages_before_it()
    {
        var file = new McapBuilder().RawAll(Topics()).Messages("", [.. Enumerable.Range(0, 100).Select(i => ((ushort)1, (long)i, Payload(i)))]).Killed();
        var indexBytes = MessageIndex(1, [.. Enumerable.Range(0, 100).Select(i => ((long)i, 0L))]).Length;

        Rewrite(file[..^(indexBytes + 1)]);

        Assert.Equal(99, Numbers(File1).Count);
    }

    [Fact]
    public void Cut_between_messages_outside_of_chunks_keeps_the_messages_before_it()
    {
        var file = new McapBuilder().RawAll(Topics());
        for (var i = 0; i < 100; i++)
            file.Raw(Message(1, i, Payload(i)));

        Rewrite(file.Killed()[..^5]);

        Assert.Equal(99, Numbers(File1).Count);
        Assert.Contains("FileCutOff(a.mcap)", Codes(BagVerifier.Verify(File1)));
    }

    [Fact]
    public void Real_recording_that_was_cut_off_still_gives_its_messages()
    {
        var bytes = File.ReadAllBytes(Path.Combine(Shared("bagel_mcap"), "part_0.mcap"));

        Rewrite(bytes[..9300]); // After the chunk, before the summary.

        Assert.Equal(15, ReadAll(File1).Count);
        Assert.Equal(["MetadataMissing", "FileCutOff(a.mcap)"], Codes(BagVerifier.Verify(File1)).Where(code => !code.StartsWith("TopicEmpty", StringComparison.Ordinal)));
    }

    [Fact]
    public void Wrong_checksum_of_a_chunk_is_an_error()
    {
        Rewrite(new McapBuilder().RawAll(Topics()).Messages("lz4", (1, 4, Payload(0))).Raw(Chunk(Message(1, 5, Payload(1)), 5, 5, wrongCrc: 7)).Finish(Topics()));

        Fails(() => ReadAll(File1), BagError.StorageCorrupt);
        using var bag = BagReader.Open(File1);
        Assert.Equal(BagError.StorageCorrupt, Assert.Throws<BagFormatException>(() => BagTimeline.Load(bag)).Error);
        Assert.Equal(["MetadataMissing", "FileUnreadable(a.mcap)"], Codes(BagVerifier.Verify(File1)));
    }

    [Fact]
    public void Wrong_checksums_beside_the_messages_are_findings()
    {
        var good = new McapBuilder().RawAll(Topics()).Raw(Attachment("a", [1, 2], wrongCrc: true)).Messages("", (1, 5, Payload(0))).Finish(Topics());
        Rewrite(good);
        Assert.Equal(["the attachment 'a'"], Parts());

        var end = good.Length - 8 - 29;
        good[end - 20] ^= 1; // In a text of the summary.
        good[50] ^= 0x20; // In the library's name.
        Rewrite(good);
        Assert.Equal(["the data section", "the summary", "the attachment 'a'"], Parts());
        Assert.Single(ReadAll(File1));

        string[] Parts() => [.. BagVerifier.Verify(File1).Findings.Where(finding => finding.Code == BagFindingCode.ChecksumDisagrees).Select(finding => finding.Message.Split(" of '")[0]["The checksum of ".Length..])];
    }

    [Fact]
    public void Summary_that_counts_otherwise_is_a_finding()
    {
        Rewrite(new McapBuilder().RawAll(Topics()).Messages("", (1, 5, Payload(0))).Finish([.. Topics(), Statistics(2, 2, (1, 2))]));
        Assert.Contains("SummaryDisagrees(a.mcap)", Codes(BagVerifier.Verify(File1)));

        Rewrite(new McapBuilder().RawAll(Topics()).Messages("", (1, 5, Payload(0))).Finish([.. Topics(), Statistics(1, 2, (2, 1))]));
        Assert.Contains("SummaryDisagrees(a.mcap)", Codes(BagVerifier.Verify(File1)));
    }

    [Fact]
    public void Messages_of_a_channel_that_is_not_defined_are_skipped_with_a_finding()
    {
        Rewrite(new McapBuilder().RawAll(Topics()).Messages("", (1, 5, Payload(0)), (9, 6, Payload(1))).Finish(Topics()));

        Assert.Equal([0], Numbers(File1));
        Assert.Contains("OrphanMessages(a.mcap)", Codes(BagVerifier.Verify(File1)));
    }

    public static TheoryData<string, BagError> Hostile => new()
    {
        { "unknown compression", BagError.CompressionUnsupported },
        { "chunk that claims a terabyte", BagError.TooLarge },
        { "chunk of few bytes that claims 300 MiB", BagError.StorageCorrupt },
        { "zstd that is larger than it says", BagError.CompressionCorrupt },
        { "zstd that is smaller than it says", BagError.CompressionCorrupt },
        { "lz4 that is larger than it says", BagError.CompressionCorrupt },
        { "lz4 without a frame", BagError.CompressionCorrupt },
        { "record longer than its chunk", BagError.StorageCorrupt },
        { "record longer than its file", BagError.StorageCorrupt },
        { "message shorter than its head", BagError.StorageCorrupt },
        { "loose message shorter than its head", BagError.StorageCorrupt },
        { "text longer than its record", BagError.StorageCorrupt },
        { "channel defined twice", BagError.ValueInvalid },
        { "schema defined twice", BagError.ValueInvalid },
        { "topic with NUL", BagError.ValueInvalid },
        { "attachment longer than its record", BagError.StorageCorrupt },
        { "zero opcode", BagError.StorageCorrupt },
        { "chunk with other times than it names", BagError.ValueInvalid },
        { "message beyond the limit", BagError.TooLarge },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_file_is_a_typed_error(string what, BagError error)
    {
        Rewrite(HostileFile(what));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        Fails(() => ReadAll(File1, open: new BagOpenOptions { MaxMessageBytes = 2_000_000 }), error);

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 * 1024 * 1024);
        Assert.False(BagVerifier.Verify(File1, new BagOpenOptions { MaxMessageBytes = 2_000_000 }).IsReadable);
    }

    private static byte[] HostileFile(string what)
    {
        var message = Message(1, 5, Payload(0));
        var file = new McapBuilder().RawAll(Topics());
        byte[] Ended(params byte[][] records) => file.RawAll(records).Finish(Topics());
        return what switch
        {
            "unknown compression" => Ended(Chunk(message, 5, 5, "bz2", stored: [1, 2, 3])),
            "chunk that claims a terabyte" => Ended(Chunk(message, 5, 5, "zstd", size: 1UL << 40)),
            "chunk of few bytes that claims 300 MiB" => Ended(Chunk(message, 5, 5, "lz4", size: 300 << 20)),
            "zstd that is larger than it says" => Ended(Chunk(message, 5, 5, "zstd", size: (ulong)message.Length - 1)),
            "zstd that is smaller than it says" => Ended(Chunk(message, 5, 5, "zstd", size: (ulong)message.Length + 1)),
            "lz4 that is larger than it says" => Ended(Chunk(message, 5, 5, "lz4", size: (ulong)message.Length - 1)),
            "lz4 without a frame" => Ended(Chunk(message, 5, 5, "lz4", stored: message)),
            "record longer than its chunk" => Ended(Chunk([.. message, 5, .. UInt64(ulong.MaxValue), 1], 5, 5)),
            "record longer than its file" => Ended([12, .. UInt64(1 << 30)]),
            "message shorter than its head" => Ended(Chunk([.. message, .. Record(5, [1, 0])], 5, 5)),
            "loose message shorter than its head" => Ended(Record(5, [1, 0])),
            "text longer than its record" => Ended(Record(4, [9, 0, 1, 0, .. UInt32(uint.MaxValue)])),
            "channel defined twice" => Ended(Channel(1, 1, "/other")),
            "schema defined twice" => Ended(Schema(1, "std_msgs/msg/String", data: [65])),
            "topic with NUL" => Ended(Channel(9, 1, "/a\0b")),
            "attachment longer than its record" => Ended(Record(9, [.. UInt64(0), .. UInt64(0), .. Text("a"), .. Text("b"), .. UInt64(ulong.MaxValue), 0, 0, 0, 0])),
            "zero opcode" => Ended(Record(0, [1])),
            "chunk with other times than it names" => Ended(Chunk(message, 6, 6)),
            "message beyond the limit" => Ended(Chunk(Message(1, 5, new byte[2_000_001]), 5, 5, "zstd")),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "no such file"),
        };
    }

    [Fact]
    public void Too_many_chunks_that_overlap_are_an_error_and_the_timeline_still_plays_them()
    {
        var file = new McapBuilder().RawAll(Topics());
        var big = new byte[9_000_000];
        for (var i = 0; i < 35; i++)
            file.Raw(Chunk([.. Message(1, 0, big), .. Message(1, 100, [0, 1])], 0, 100, "zstd", crc: false));
        Rewrite(file.Finish(Topics()));

        Fails(() => { using var bag = BagReader.Open(File1); using var cursor = bag.ReadMessages(); while (cursor.MoveNext()) { } }, BagError.TooLarge);
        using var reader = BagReader.Open(File1);
        var timeline = BagTimeline.Load(reader);
        using var payloads = new BagPayloadReader(reader, timeline);
        Assert.Equal((70, 9_000_000, 2), (timeline.Count, payloads.Fetch(3).Length, payloads.Fetch(69).Length));
    }

    [Fact]
    public void File_that_is_cut_off_while_it_is_read_is_an_error()
    {
        Rewrite(new McapBuilder().RawAll(Topics()).Messages("", (1, 5, Payload(0))).Messages("", (1, 6, Payload(1))).Finish(Topics()));
        using var bag = BagReader.Open(File1);
        using var cursor = bag.ReadMessages();
        cursor.MoveNext();
        using (var file = new FileStream(File1, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(100);

        Fails(() => cursor.MoveNext(), BagError.StorageCorrupt);
    }

    private void Rewrite(byte[] bytes) => File.WriteAllBytes(File1, bytes);
}
