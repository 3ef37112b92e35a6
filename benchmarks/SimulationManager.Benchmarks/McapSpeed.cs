using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using K4os.Compression.LZ4;
using Microsoft.Win32.SafeHandles;
using SimulationManager.Rosbag2;
using SimulationManager.Generation;
using ZstdSharp;

namespace SimulationManager.Benchmarks;

/// <summary>
/// Reads one MCAP file front to back in several ways and compares them with a bare loop over the same chunks, which
/// decompresses, walks the records and knows nothing else. Payloads are cut from real messages, so that they compress as such.
/// </summary>
internal static class McapSpeed
{
    private const int RecordHeadBytes = 9;
    private const int MessageHeadBytes = 22;

    // What our writer's LZ4 frames have before their only block.
    private const int Lz4HeadBytes = 15;

    public static int Run(string[] args)
    {
        var megabytes = Arguments.Number(args, 0, 1024);
        var messageBytes = Arguments.Number(args, 1, 1024);
        var compression = Enum.Parse<McapCompression>(args.ElementAtOrDefault(2) ?? "lz4", ignoreCase: true);
        var rounds = Arguments.Number(args, 3, ReadSpeed.DefaultRounds);
        var folder = Path.Combine(Path.GetTempPath(), $"mcap-speed-{megabytes}-{messageBytes}-{compression}".ToLowerInvariant());
        if (!File.Exists(Path.Combine(folder, BagMetadataReader.FileName)))
        {
            Console.WriteLine($"Writing {megabytes} MB of messages of {messageBytes} bytes to {folder} (kept for the next run)");
            Write(folder, (long)megabytes * 1024 * 1024 / messageBytes, messageBytes, compression);
        }

        using var bag = BagReader.Open(folder);
        var file = Path.Combine(folder, bag.Files[0].Name);
        var timeline = BagTimeline.Load(bag);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{timeline.Count} messages, {bag.Files[0].SizeBytes / 1e6:0} MB on disk; the timeline takes {(double)timeline.MemoryBytes / timeline.Count:0.0} bytes each"));
        ReadSpeed.Report(
            [
                ("bare loop", () => BareLoop(file)),
                ("BagReader.ReadMessages", () => ReadSpeed.Cursor(bag)),
                ("the same, opened anew (checksums)", () => OpenedAnew(folder)),
                ("BagTimeline.Load", () => new ReadSpeed.Sum(timeline.Count, BagTimeline.Load(bag).TotalBytes, 0)),
                ("BagPayloadReader, in order", () => ReadSpeed.Payloads(bag, timeline, new byte[timeline.LargestMessageBytes])),
            ],
            rounds, timeline.TotalBytes);
        return 0;
    }

    /// <summary>A chunk's checksum is checked when it is read first.</summary>
    private static ReadSpeed.Sum OpenedAnew(string folder)
    {
        using var bag = BagReader.Open(folder);
        return ReadSpeed.Cursor(bag);
    }

    private static void Write(string folder, long count, int messageBytes, McapCompression compression)
    {
        var source = RealBytes(folder + "-source", messageBytes);
        var watch = Stopwatch.StartNew();
        using var writer = BagWriter.Create(folder, new BagWriterOptions { Storage = BagStorageFormat.Mcap, ChunkCompression = compression, CompressionLevel = 1 });
        var topics = Enumerable.Range(0, 3).Select(number => writer.AddTopic(new BagTopic { Name = $"/load_{number}", Type = "std_msgs/msg/UInt8MultiArray" })).ToArray();
        var place = 0;
        for (long number = 0; number < count; number++)
        {
            writer.Write(topics[number % topics.Length], 1_700_000_000_000_000_000 + (number * 50_000), source.AsSpan(place, messageBytes));
            place = (place + messageBytes) % (source.Length - messageBytes);
        }

        writer.Complete();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Written in {watch.Elapsed.TotalSeconds:0.0} s"));
    }

    /// <summary>The payloads of a generated robot's half minute, one after another.</summary>
    private static byte[] RealBytes(string folder, int atLeast)
    {
        RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(30) });
        var bytes = new List<byte>();
        using (var bag = BagReader.Open(folder))
        {
            foreach (var message in bag.ReadMessages())
                bytes.AddRange(message.Data);
        }

        Directory.Delete(folder, recursive: true);
        while (bytes.Count < 2 * atLeast)
            bytes.AddRange([.. bytes]);
        return [.. bytes];
    }

    private static ReadSpeed.Sum BareLoop(string path)
    {
        using var file = File.OpenHandle(path);
        using var zstd = new Decompressor();
        var length = RandomAccess.GetLength(file);
        var (stored, records) = (Array.Empty<byte>(), Array.Empty<byte>());
        var sum = new ReadSpeed.Sum(0, 0, 0);
        Span<byte> head = stackalloc byte[RecordHeadBytes + 64];
        for (long position = 8; position + RecordHeadBytes < length;)
        {
            RandomAccess.Read(file, head, position);
            var content = BinaryPrimitives.ReadInt64LittleEndian(head[1..]);
            if (head[0] == 6)
                sum = WalkChunk(file, head[RecordHeadBytes..], position + RecordHeadBytes, zstd, ref stored, ref records, sum);
            position += RecordHeadBytes + content;
        }

        return sum;
    }

    private static ReadSpeed.Sum WalkChunk(
        SafeFileHandle file, ReadOnlySpan<byte> head, long position, Decompressor zstd, ref byte[] stored, ref byte[] records, ReadSpeed.Sum sum)
    {
        var bytes = (int)BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
        var name = BinaryPrimitives.ReadInt32LittleEndian(head[28..]);
        var size = (int)BinaryPrimitives.ReadInt64LittleEndian(head[(32 + name)..]);
        if (stored.Length < size)
            stored = new byte[size];
        if (records.Length < bytes)
            records = new byte[bytes];
        RandomAccess.Read(file, stored.AsSpan(0, size), position + 40 + name);
        var target = records.AsSpan(0, bytes);
        if (name == 0)
            target = stored.AsSpan(0, size);
        else if (head[32] == 'z')
            zstd.Unwrap(stored.AsSpan(0, size), target);
        else
            LZ4Codec.Decode(stored.AsSpan(Lz4HeadBytes + 4, BinaryPrimitives.ReadInt32LittleEndian(stored.AsSpan(Lz4HeadBytes))), target);
        return Walk(target, sum);
    }

    private static ReadSpeed.Sum Walk(ReadOnlySpan<byte> records, ReadSpeed.Sum sum)
    {
        for (var place = 0; place < records.Length;)
        {
            var content = (int)BinaryPrimitives.ReadInt64LittleEndian(records[(place + 1)..]);
            if (records[place] == 5)
            {
                var message = records.Slice(place + RecordHeadBytes, content);
                var check = BinaryPrimitives.ReadUInt16LittleEndian(message) + BinaryPrimitives.ReadInt64LittleEndian(message[6..]);
                sum = new ReadSpeed.Sum(sum.Messages + 1, sum.Bytes + content - MessageHeadBytes, sum.Check + check + message[^1]);
            }

            place += RecordHeadBytes + content;
        }

        return sum;
    }
}
