using System.Security.Cryptography;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Npm;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Reads written MCAP files with npm @mcap/core, the format's own TypeScript library, and files that it wrote with ours.</summary>
public sealed class McapIndependentReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(McapCompression.None)]
    [InlineData(McapCompression.Lz4)]
    [InlineData(McapCompression.Zstd)]
    public async Task Mcap_core_reads_the_same_messages_by_index_and_front_to_back(McapCompression compression)
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions
        {
            Duration = TimeSpan.FromSeconds(5),
            Bag = new BagWriterOptions { Storage = BagStorageFormat.Mcap, ChunkCompression = compression, ChunkBytes = 65_536 },
        });
        var expected = new List<string>();
        using (var bag = BagReader.Open(_folder["robot"]))
        {
            foreach (var message in bag.ReadMessages())
                expected.Add($"{bag.Topics[message.TopicId].Name}|{message.TimestampNs}|{Convert.ToHexStringLower(SHA256.HashData(message.Data))}");
        }

        var indexed = await RunAsync("indexed", Path.Combine(_folder["robot"], "robot_0.mcap"));
        var streamed = await RunAsync("streamed", Path.Combine(_folder["robot"], "robot_0.mcap"));

        Assert.Equal(["ros2", "rosbag2"], indexed[..2]);
        Assert.Equal(1150, expected.Count);
        Assert.Equal(expected, indexed[2..]);
        Assert.Equal(expected.Order(StringComparer.Ordinal), streamed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    [InlineData("unchunked")]
    [InlineData("bare")]
    public async Task Files_that_mcap_core_wrote_are_read(string kind)
    {
        await RunAsync("write", _folder["a.mcap"], kind);

        Assert.Equal(Enumerable.Range(0, 1000), Numbers(_folder["a.mcap"]));
        McapReadingTests.AssertTimelineAgrees(_folder["a.mcap"]);
        Assert.Equal(["MetadataMissing"], Codes(BagVerifier.Verify(_folder["a.mcap"])));
        using var bag = BagReader.Open(_folder["a.mcap"]);
        Assert.Equal(("/a", "std_msgs/msg/String"), (bag.Topics[0].Name, bag.Topics[0].Type));
    }

    private static async Task<string[]> RunAsync(string command, params string[] arguments) =>
        (await NpmPackages.RunAsync("mcap.mjs", [command, .. arguments])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
