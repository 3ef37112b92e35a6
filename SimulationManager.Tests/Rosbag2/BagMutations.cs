using System.Buffers.Binary;
using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;
using static SimulationManager.Tests.Rosbag2.McapBuilder;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>Real and made files, and ways to damage them that reach deeper than random bytes alone: lengths, times, ends.</summary>
internal static class BagMutations
{
    private static readonly ulong[] Numbers = [0, 1, 21, 22, 255, 65_535, 1 << 20, int.MaxValue, uint.MaxValue, long.MaxValue, ulong.MaxValue, ulong.MaxValue - 8];

    /// <summary>sqlite3 files: real ones of old and new schemas, and made ones with and without an index and compressed messages.</summary>
    public static IReadOnlyList<byte[]> Sqlite3(TempFolder folder)
    {
        var times = Enumerable.Range(0, 60).Select(index => (long)(index * 7 % 60)).ToArray();
        WriteBag(folder["plain"], times);
        WriteBag(folder["compressed"], times, new BagWriterOptions { Compression = BagCompression.Message });
        WriteBag(folder["unindexed"], times);
        Execute(Path.Combine(folder["unindexed"], "unindexed_0.db3"), "DROP INDEX timestamp_idx");
        return
        [
            .. ((string[])["plain", "compressed", "unindexed"]).Select(name => File.ReadAllBytes(Path.Combine(folder[name], $"{name}_0.db3"))),
            .. ((string[])["turtlesim_cmd_vel", "talker", "no_metadata_split", "cdr_test"]).Select(name => File.ReadAllBytes(Directory.EnumerateFiles(Shared(name), "*.db3").Order(StringComparer.Ordinal).First())),
        ];
    }

    public static IReadOnlyList<byte[]> Mcap()
    {
        var files = new List<byte[]> { File.ReadAllBytes(Path.Combine(Shared("bagel_mcap"), "part_0.mcap")) };
        foreach (var compression in (string[])["", "lz4", "zstd"])
        {
            foreach (var crc in (bool[])[true, false])
            {
                var file = new McapBuilder().RawAll(McapReadingTests.Topics()).Raw(Attachment("a", [1, 2, 3])).Raw(Metadata("m", ("k", "v")));
                for (var chunk = 0; chunk < 5; chunk++)
                {
                    var first = chunk * 40;
                    file.Raw(Chunk([.. Enumerable.Range(first, 40).SelectMany(i => Message((ushort)(1 + (i % 2)), i, Payload(i)))], first, first + 39, compression, crc));
                    file.Raw(MessageIndex(1, (first, 0))).Raw(MessageIndex(2, (first, 0)));
                    file.Raw(Message(1, first, Payload(first)));
                }

                files.Add(file.Finish([.. McapReadingTests.Topics(), Statistics(205, 2, (1, 105), (2, 100))]));
            }
        }

        return files;
    }

    public static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            // The start decides more than the rest.
            var place = random.Next(2) == 0 ? random.Next(Math.Min(400, bytes.Length)) : random.Next(bytes.Length);
            switch (random.Next(8))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when place + sizeof(ulong) <= bytes.Length:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(place), Numbers[random.Next(Numbers.Length)]);
                    break;
                case 3 when place + sizeof(uint) <= bytes.Length:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(place), (uint)Numbers[random.Next(Numbers.Length)]);
                    break;
                case 4:
                    bytes = bytes[..Math.Max(8, place)];
                    break;
                case 5: // A piece of the file once more, elsewhere.
                    var length = random.Next(1, Math.Min(200, bytes.Length - place) + 1);
                    bytes.AsSpan(place, length).ToArray().CopyTo(bytes.AsSpan(random.Next(bytes.Length - length + 1)));
                    break;
                case 6 when place + sizeof(ushort) <= bytes.Length: // As SQLite writes its numbers.
                    BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(place), (ushort)Numbers[random.Next(Numbers.Length)]);
                    break;
                case 7:
                    bytes = [.. bytes[..place], .. bytes[Math.Min(bytes.Length, place + random.Next(1, 40))..]];
                    break;
            }

            if (bytes.Length < 9)
                return original[..9];
        }

        return bytes;
    }
}
