using System.Diagnostics;
using System.Security.Cryptography;
using SimulationManager.Generation;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Npm;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Reads written bags with the sqlite3 shell and with npm @foxglove/rosbag2, which share nothing with this library but the format.</summary>
public sealed class IndependentReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sqlite_shell_reads_the_same_messages_from_a_written_bag()
    {
        Assert.SkipUnless(ShellExists, "There is no sqlite3 shell on PATH (Debian: apt-get install sqlite3).");
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions
        {
            Duration = TimeSpan.FromSeconds(3),
            Bag = new BagWriterOptions { MaxFileDurationNs = 1_000_000_000 },
        });

        var byShell = new List<string>();
        foreach (var number in Enumerable.Range(0, 3))
        {
            var file = Path.Combine(_folder["robot"], $"robot_{number}.db3");
            Assert.Equal("ok", Assert.Single(await Query(file, "PRAGMA integrity_check")));
            Assert.Equal("4|jazzy", Assert.Single(await Query(file, "SELECT * FROM schema")));
            byShell.AddRange(await Query(file,
                "SELECT t.name, m.timestamp, hex(m.data) FROM messages m JOIN topics t ON t.id = m.topic_id ORDER BY m.timestamp, m.id"));
        }

        Assert.Equal(690, byShell.Count);
        Assert.Equal(byShell, ReadAsText(_folder["robot"]));
    }

    [Theory]
    [InlineData("turtlesim_cmd_vel", 113)]
    [InlineData("no_metadata_split", 3177)]
    public async Task Sqlite_shell_reads_the_same_messages_from_a_copied_bag(string name, int count)
    {
        Assert.SkipUnless(ShellExists, "There is no sqlite3 shell on PATH (Debian: apt-get install sqlite3).");
        using (var original = BagReader.Open(Shared(name))) BagConverter.Convert(original, _folder["copy"], BagWriterOptions.Default);

        var byShell = await Query(Path.Combine(_folder["copy"], "copy_0.db3"),
            "SELECT t.name, m.timestamp, hex(m.data) FROM messages m JOIN topics t ON t.id = m.topic_id ORDER BY m.timestamp, m.id");

        Assert.Equal(count, byShell.Count);
        Assert.Equal(byShell, ReadAsText(Shared(name)));
    }

    [Fact]
    public async Task Foxglove_rosbag2_reads_the_same_topics_and_messages_from_a_split_bag()
    {
        RobotRecording.Write(_folder["robot"], new RobotRecordingOptions
        {
            Duration = TimeSpan.FromSeconds(3),
            Bag = new BagWriterOptions { MaxFileDurationNs = 1_000_000_000 },
        });

        await AssertFoxgloveReadsTheSameAsync(_folder["robot"], messages: 690);
    }

    [Theory]
    [InlineData("bagel_mcap")]
    [InlineData("turtlesim_cmd_vel")]
    public async Task Foxglove_rosbag2_reads_the_same_topics_and_messages_from_a_converted_bag(string name)
    {
        using (var original = BagReader.Open(Shared(name))) BagConverter.Convert(original, _folder["copy"], BagWriterOptions.Default);

        await AssertFoxgloveReadsTheSameAsync(_folder["copy"], ReadAll(Shared(name)).Count);
    }

    private static async Task AssertFoxgloveReadsTheSameAsync(string folder, int messages)
    {
        using var bag = BagReader.Open(folder);
        List<string> read = [];
        foreach (var message in bag.ReadMessages())
            read.Add($"{bag.Topics[message.TopicId].Name}|{message.TimestampNs}|{Convert.ToHexStringLower(SHA256.HashData(message.Data))}");

        var theirs = (await NpmPackages.RunAsync("rosbag2.mjs", bag.Files.Select(file => Path.Combine(folder, file.Name)))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var counts = BagVerifier.Verify(folder).Info!.Topics.Select(topic => $"{topic.Topic.Name}|{topic.Topic.Type}|{topic.MessageCount}");
        Assert.Equal(counts.Order(StringComparer.Ordinal), theirs[..bag.Topics.Count].Order(StringComparer.Ordinal));
        // Files and equal times come in another order there.
        Assert.Equal(read.Order(StringComparer.Ordinal), theirs[bag.Topics.Count..].Order(StringComparer.Ordinal));
        Assert.Equal(messages, read.Count);
    }

    private static bool ShellExists => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "sqlite3.exe" : "sqlite3")));

    private static List<string> ReadAsText(string path)
    {
        using var bag = BagReader.Open(path);
        var lines = new List<string>();
        foreach (var message in bag.ReadMessages())
            lines.Add($"{bag.Topics[message.TopicId].Name}|{message.TimestampNs}|{Convert.ToHexString(message.Data)}");
        return lines;
    }

    private static async Task<List<string>> Query(string file, string sql)
    {
        var start = new ProcessStartInfo("sqlite3", ["-readonly", "-batch", file, sql]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(shell.ExitCode == 0, await errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r'))];
    }
}
