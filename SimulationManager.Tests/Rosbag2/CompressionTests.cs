using SimulationManager.Rosbag2;
using ZstdSharp;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class CompressionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(BagCompression.File)]
    [InlineData(BagCompression.Message)]
    public void Compressed_bag_reads_like_the_plain_one(BagCompression compression)
    {
        var times = Enumerable.Range(0, 400).Select(i => (long)i).ToList();
        var plain = WriteBag(_folder["plain"], times);
        var compressed = WriteBag(_folder["compressed"], times, new BagWriterOptions { Compression = compression, MaxFileBytes = 10_000 });

        Assert.Equal(ReadAll(plain), ReadAll(compressed));
        var inspection = BagVerifier.Verify(compressed);
        Assert.Empty(Codes(inspection));
        Assert.Equal((compression, "zstd"), (inspection.Info!.Compression, inspection.Metadata!.CompressionFormat));
        Assert.Equal(compression == BagCompression.File, BagBundle.Locate(compressed).Files.All(file => file.Name.EndsWith(".db3.zstd", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(BagCompression.File)]
    [InlineData(BagCompression.Message)]
    public void Compressed_bag_without_metadata_is_recognised(BagCompression compression)
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3], new BagWriterOptions { Compression = compression });
        File.Delete(Path.Combine(bag, "metadata.yaml"));

        Assert.Equal([0, 1, 2], Numbers(bag));
        Assert.Equal(compression, BagReindexer.Reindex(bag).Compression);
        Assert.Empty(Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Decompressed_files_are_kept_and_used_again_in_the_given_folder()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3], new BagWriterOptions { Compression = BagCompression.File });
        var options = new BagOpenOptions { DecompressionFolder = _folder["cache"] };

        var first = ReadAll(bag, open: options);
        var kept = Assert.Single(Directory.EnumerateFiles(_folder["cache"]));
        var written = File.GetLastWriteTimeUtc(kept);
        var second = ReadAll(bag, open: options);

        Assert.Equal(first, second);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Assert.Single(Directory.EnumerateFiles(_folder["cache"]))));
    }

    [Fact]
    public void Temporary_files_are_gone_after_the_reader()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3], new BagWriterOptions { Compression = BagCompression.File });
        string temporary;
        using (var reader = BagReader.Open(bag))
            temporary = Path.GetDirectoryName(reader.Files[0].Storage.Path)!;

        Assert.False(Directory.Exists(temporary));
    }

    [Fact]
    public void File_bomb_is_stopped_at_the_limit_and_leaves_nothing()
    {
        using (var zstd = new CompressionStream(File.Create(_folder["bomb_0.db3.zstd"]), leaveOpen: false))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 64; i++)
                zstd.Write(zeros);
        }

        var options = new BagOpenOptions { DecompressionFolder = _folder["cache"], MaxDecompressedFileBytes = 10_000_000 };

        Assert.True(new FileInfo(_folder["bomb_0.db3.zstd"]).Length < 100_000);
        var error = Fails(() => BagReader.Open(_folder["bomb_0.db3.zstd"], options), BagError.TooLarge);
        Assert.Contains("MaxDecompressedFileBytes", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder["cache"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Message_bomb_is_stopped_at_the_limit(bool statesItsSize)
    {
        var bag = WriteBag(_folder["bag"], [1, 2], new BagWriterOptions { Compression = BagCompression.Message });
        var bomb = Bomb(8 * 1024 * 1024, statesItsSize);
        Assert.True(bomb.Length < 10_000);
        Execute(Path.Combine(bag, "bag_0.db3"), $"UPDATE messages SET data = x'{Convert.ToHexString(bomb)}' WHERE id = 2");

        Fails(() => ReadAll(bag, open: new BagOpenOptions { MaxMessageBytes = 1024 * 1024 }), BagError.TooLarge);
        Assert.Equal(2, ReadAll(bag).Count);
    }

    [Fact]
    public void Frame_without_its_size_is_decompressed()
    {
        var bag = WriteBag(_folder["bag"], [1], new BagWriterOptions { Compression = BagCompression.Message });
        Execute(Path.Combine(bag, "bag_0.db3"), $"UPDATE messages SET data = x'{Convert.ToHexString(Bomb(300_000, statesItsSize: false))}'");

        using var reader = BagReader.Open(bag);
        Assert.Equal($"{Hash(new byte[300_000])}", Assert.Single(ReadAll(reader)).DataHash);
        Assert.Equal([300_000], BagTimeline.Load(reader).Sizes.ToArray());
    }

    [Fact]
    public void Cut_off_zstd_file_is_an_error()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 1000).Select(i => (long)i), new BagWriterOptions { Compression = BagCompression.File });
        using (var file = File.OpenWrite(Path.Combine(bag, "bag_0.db3.zstd")))
            file.SetLength(file.Length / 2);

        Fails(() => BagReader.Open(bag), BagError.CompressionCorrupt);
        Assert.Equal(["FileUnreadable(bag_0.db3.zstd)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Damaged_message_is_an_error()
    {
        var bag = WriteBag(_folder["bag"], [1, 2], new BagWriterOptions { Compression = BagCompression.Message });
        Execute(Path.Combine(bag, "bag_0.db3"), "UPDATE messages SET data = substr(data, 1, length(data) - 3) WHERE id = 2");
        Fails(() => ReadAll(bag), BagError.CompressionCorrupt);

        Assert.Equal(["FileUnreadable(bag_0.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Metadata_that_names_another_compression_than_the_files_is_a_warning()
    {
        var bag = WriteBag(_folder["bag"], [1, 2], new BagWriterOptions { Compression = BagCompression.Message });
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("MESSAGE", "\"\"", StringComparison.Ordinal));

        Assert.Equal([0, 1], Numbers(bag));
        Assert.Equal(["CompressionDisagrees"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Unknown_compression_format_is_refused()
    {
        var bag = WriteBag(_folder["bag"], [1], new BagWriterOptions { Compression = BagCompression.File });
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("compression_format: zstd", "compression_format: lz4", StringComparison.Ordinal));

        Fails(() => BagReader.Open(bag), BagError.CompressionUnsupported);
    }

    private static byte[] Bomb(int size, bool statesItsSize)
    {
        using var compressor = new Compressor(3);
        if (statesItsSize)
            return compressor.Wrap(new byte[size]).ToArray();
        using var frame = new MemoryStream();
        using (var zstd = new CompressionStream(frame, leaveOpen: true))
            zstd.Write(new byte[size]);
        return frame.ToArray();
    }
}
