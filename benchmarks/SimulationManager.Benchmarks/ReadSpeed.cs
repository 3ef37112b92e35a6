using System.Diagnostics;
using System.Globalization;
using SimulationManager.Rosbag2;
using SimulationManager.Generation;
using SQLitePCL;

namespace SimulationManager.Benchmarks;

/// <summary>
/// Reads one bag front to back in several ways, in turn, and compares the processor time, which other work on the machine
/// disturbs least: each round's with that round's first way, then the median of the rounds. The file is in the page cache and
/// the code compiled: the first rounds do not count.
/// </summary>
internal static class ReadSpeed
{
    public const int DefaultRounds = 9;
    private const int WarmUpRounds = 2;

    public static int Run(string[] args)
    {
        var megabytes = Arguments.Number(args, 0, 1024);
        var messageBytes = Arguments.Number(args, 1, 1024);
        var rounds = Arguments.Number(args, 2, DefaultRounds);
        var folder = Path.Combine(Path.GetTempPath(), $"read-speed-{megabytes}-{messageBytes}");
        if (!File.Exists(Path.Combine(folder, BagMetadataReader.FileName)))
        {
            Console.WriteLine($"Writing {megabytes} MB of messages of {messageBytes} bytes to {folder} (kept for the next run)");
            LoadRecording.Write(folder, new LoadRecordingOptions
            {
                MessagesPerSecond = 20_000,
                MessageBytes = messageBytes,
                Duration = TimeSpan.FromSeconds((long)megabytes * 1024 * 1024 / messageBytes / 20_000.0),
                Topics = 3,
            });
        }

        using var bag = BagReader.Open(folder);
        var file = Path.Combine(folder, bag.Files[0].Name);
        var timeline = BagTimeline.Load(bag);
        (string Name, Func<Sum> Read)[] ways =
        [
            ("bare loop", () => BareLoop(file, "SELECT id, topic_id, timestamp, data FROM messages")),
            ("bare loop, ORDER BY timestamp", () => BareLoop(file, "SELECT id, topic_id, timestamp, data FROM messages ORDER BY timestamp")),
            ("BagReader.ReadMessages", () => Cursor(bag)),
            ("BagTimeline.Load", () => new Sum(BagTimeline.Load(bag).Count, timeline.TotalBytes, 0)),
            ("BagPayloadReader, in order", () => Payloads(bag, timeline, new byte[timeline.LargestMessageBytes])),
        ];
        Report(ways, rounds, timeline.TotalBytes);
        return 0;
    }

    /// <summary>Runs the ways in turn; the first is what the others are compared with.</summary>
    public static void Report((string Name, Func<Sum> Read)[] ways, int rounds, long bytes)
    {
        var seconds = ways.Select(_ => new List<double>()).ToArray();
        var elapsed = ways.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < WarmUpRounds + rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                // Else a way pays for what the one before it left behind.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                var watch = Stopwatch.StartNew();
                var processor = Environment.CpuUsage.TotalTime;
                var sum = ways[way].Read();
                if (sum.Bytes != bytes)
                    throw new InvalidOperationException($"{ways[way].Name} read {sum.Bytes} of {bytes} bytes.");
                if (round < WarmUpRounds)
                    continue;
                elapsed[way].Add(watch.Elapsed.TotalSeconds);
                seconds[way].Add((Environment.CpuUsage.TotalTime - processor).TotalSeconds);
            }
        }

        Console.WriteLine($"{"way",-34} {"cpu s",9} {"MB/s",8} {"of bare",8}   {"cpu min..max",-13} {"elapsed s",9}");
        for (var way = 0; way < ways.Length; way++)
        {
            var median = Median(seconds[way]);
            var ofBare = Median([.. seconds[0].Zip(seconds[way], (bare, other) => bare / other)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ways[way].Name,-34} {median,9:0.000} {bytes / median / 1e6,8:0} {ofBare,8:0%}   {seconds[way].Min():0.000}..{seconds[way].Max():0.000}  {Median(elapsed[way]),9:0.000}"));
        }
    }

    private static Sum BareLoop(string path, string sql)
    {
        Batteries_V2.Init();
        raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READONLY, null);
        using (database)
        {
            raw.sqlite3_prepare_v2(database, sql, out var statement);
            using (statement)
            {
                var sum = new Sum(0, 0, 0);
                while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
                {
                    var check = raw.sqlite3_column_int64(statement, 0) + raw.sqlite3_column_int64(statement, 1) + raw.sqlite3_column_int64(statement, 2);
                    var data = raw.sqlite3_column_blob(statement, 3);
                    sum = new Sum(sum.Messages + 1, sum.Bytes + data.Length, sum.Check + check + data[^1]);
                }

                return sum;
            }
        }
    }

    public static Sum Cursor(BagReader bag)
    {
        var sum = new Sum(0, 0, 0);
        foreach (var message in bag.ReadMessages())
        {
            var data = message.Data;
            sum = new Sum(sum.Messages + 1, sum.Bytes + data.Length, sum.Check + message.RowId + message.TopicId + message.TimestampNs + data[^1]);
        }

        return sum;
    }

    public static Sum Payloads(BagReader bag, BagTimeline timeline, byte[] buffer)
    {
        using var payloads = new BagPayloadReader(bag, timeline);
        var sum = new Sum(0, 0, 0);
        for (var index = 0; index < timeline.Count; index++)
        {
            var length = payloads.Read(index, buffer);
            sum = new Sum(sum.Messages + 1, sum.Bytes + length, sum.Check + buffer[length - 1]);
        }

        return sum;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    internal readonly record struct Sum(long Messages, long Bytes, long Check);
}
