using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SimulationManager.Rosbag2;
using SimulationManager.Rosbag2.Sqlite;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>A folder that is deleted with its contents.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"rosbag2-tests-{Guid.NewGuid():N}");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A message that outlives its cursor.</summary>
internal sealed record StoredMessage(string Topic, long TimestampNs, string DataHash);

internal static class BagFixtures
{
    public static readonly string[] SharedBags = ["turtlesim_cmd_vel", "talker", "cdr_test", "test_bag_for_seek", "empty_bag", "no_metadata_split"];

    public static string Shared(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "bags", name);

    public static string CopyOf(string sharedBag, TempFolder folder)
    {
        var target = Directory.CreateDirectory(folder[sharedBag]).FullName;
        foreach (var file in Directory.EnumerateFiles(Shared(sharedBag)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }

    public static List<StoredMessage> ReadAll(string path, BagReadOptions? options = null, BagOpenOptions? open = null)
    {
        using var bag = BagReader.Open(path, open);
        return ReadAll(bag, options);
    }

    public static List<StoredMessage> ReadAll(BagReader bag, BagReadOptions? options = null)
    {
        var messages = new List<StoredMessage>();
        foreach (var message in bag.ReadMessages(options))
            messages.Add(new StoredMessage(bag.Topics[message.TopicId].Name, message.TimestampNs, Hash(message.Data)));
        return messages;
    }

    public static string Hash(ReadOnlySpan<byte> data) => $"{data.Length}:{Convert.ToHexString(SHA256.HashData(data))}";

    /// <summary>Writes a bag with one message per time, on /a and /b in turn; the data is the number of the message.</summary>
    public static string WriteBag(string folder, IEnumerable<long> timesNs, BagWriterOptions? options = null)
    {
        using var writer = BagWriter.Create(folder, options);
        int[] topics = [writer.AddTopic(Topic("/a")), writer.AddTopic(Topic("/b"))];
        foreach (var (index, time) in timesNs.Index())
            writer.Write(topics[index % 2], time, Payload(index));
        writer.Complete();
        return folder;
    }

    public static BagTopic Topic(string name) => new() { Name = name, Type = "std_msgs/msg/String" };

    public static byte[] Payload(int number) => [0, 1, 0, 0, .. Encoding.ASCII.GetBytes($"message {number}")];

    public static int PayloadNumber(ReadOnlySpan<byte> payload) => int.Parse(payload[12..], CultureInfo.InvariantCulture);

    public static List<int> Numbers(string path, BagReadOptions? options = null)
    {
        using var bag = BagReader.Open(path);
        var numbers = new List<int>();
        foreach (var message in bag.ReadMessages(options))
            numbers.Add(PayloadNumber(message.Data));
        return numbers;
    }

    /// <summary>Changes a database as another program would.</summary>
    public static void Execute(string database, params string[] statements)
    {
        using var connection = SqliteDatabase.Create(database);
        foreach (var statement in statements)
            connection.Execute(statement);
    }

    public static BagFormatException Fails(Action action, BagError error)
    {
        var thrown = Assert.Throws<BagFormatException>(action);
        Assert.True(thrown.Error == error, $"Expected {error}, got {thrown.Error}: {thrown.Message}");
        return thrown;
    }

    public static string[] Codes(BagInspection inspection) =>
        [.. inspection.Findings.Select(finding => finding.Subject is null ? $"{finding.Code}" : $"{finding.Code}({finding.Subject})")];
}
