using System.Buffers.Binary;
using SimulationManager.Rosbag2;
using SimulationManager.Rosbag2.Sqlite;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

/// <summary>What killed recorders leave in SQLite's write-ahead log.</summary>
public sealed class WriteAheadLogTests : IDisposable
{
    private const int PageBytes = 4096;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("wal_everything_in_wal", true)]
    [InlineData("wal_half_checkpointed", true)]
    [InlineData("wal_half_checkpointed", false)]
    public void Log_is_taken_into_its_file_which_is_then_plain(string trial, bool withMetadata)
    {
        var bag = Trials.Unpack(trial, _folder.Path, withMetadata);
        var file = Directory.EnumerateFiles(bag, "*.db3").Single();
        var metadata = File.Exists(Path.Combine(bag, "metadata.yaml"));

        var finding = WriteAheadLog.Apply(file);

        Assert.Equal((BagFindingCode.JournalApplied, Path.GetFileName(file)), (finding.Code, finding.Subject));
        Assert.Contains("pages)", finding.Message, StringComparison.Ordinal);
        Assert.Equal(50, ReadAll(bag).Count);
        Assert.Equal(metadata ? [] : ["MetadataMissing"], Codes(BagVerifier.Verify(bag)));
        Assert.Equal([Path.GetFileName(file), .. metadata ? ["metadata.yaml"] : Array.Empty<string>()], Directory.EnumerateFiles(bag).Select(Path.GetFileName).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public void Without_its_log_a_file_of_nothing_is_an_error_that_names_the_log()
    {
        var bag = Trials.Unpack("wal_everything_in_wal", _folder.Path, withLog: false);

        var message = Fails(() => BagReader.Open(bag), BagError.SchemaUnsupported).Message;

        Assert.Contains("Send 'rosbag2_2020_09_04-17_28_07_0.db3-wal', too", message, StringComparison.Ordinal);
        Assert.Contains("wal_checkpoint", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_its_log_half_a_file_is_read_and_the_log_named(bool withMetadata)
    {
        var bag = Trials.Unpack("wal_half_checkpointed", _folder.Path, withMetadata, withLog: false);

        var finding = Assert.Single(BagVerifier.Verify(bag).Findings, finding => finding.Code == BagFindingCode.JournalMissing);

        Assert.Equal(25, ReadAll(bag).Count);
        Assert.Equal("rosbag2_half_0.db3", finding.Subject);
        Assert.Contains(withMetadata ? "Of 50 messages 25 are there" : "There is no metadata.yaml", finding.Message, StringComparison.Ordinal);
        Assert.Contains("'rosbag2_half_0.db3-wal'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_that_lies_beside_is_present_and_not_missing()
    {
        var bag = Trials.Unpack("wal_half_checkpointed", _folder.Path, withMetadata: false);

        Assert.Equal(["MetadataMissing", "JournalPresent(rosbag2_half_0.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(5000)]
    public void Log_of_nothing_that_counts_changes_nothing(int bytes)
    {
        var bag = Trials.Unpack("wal_half_checkpointed", _folder.Path);
        var file = Path.Combine(bag, "rosbag2_half_0.db3");
        File.WriteAllBytes(file + "-wal", new byte[bytes]);

        Assert.Contains("nothing that is complete", WriteAheadLog.Apply(file).Message, StringComparison.Ordinal);

        Assert.Equal(25, ReadAll(bag).Count);
        Assert.False(File.Exists(file + "-wal"));
    }

    [Fact]
    public void Log_that_is_cut_off_counts_up_to_its_last_transaction()
    {
        var bag = Trials.Unpack("wal_everything_in_wal", _folder.Path);
        var file = Directory.EnumerateFiles(bag, "*.db3").Single();
        using (var log = File.OpenWrite(file + "-wal"))
            log.SetLength(log.Length - 10);

        WriteAheadLog.Apply(file);

        Assert.Empty(ReadAll(bag));
        Assert.True(BagVerifier.Verify(bag).IsReadable);
    }

    [Fact]
    public void File_that_is_no_database_is_an_error()
    {
        File.WriteAllText(_folder["a_0.db3"], "text");
        File.WriteAllText(_folder["a_0.db3-wal"], "log");

        Fails(() => WriteAheadLog.Apply(_folder["a_0.db3"]), BagError.NotSqlite);
        Fails(() => WriteAheadLog.Apply(_folder["b_0.db3"]), BagError.NotFound);
        using (var log = File.OpenWrite(_folder["a_0.db3-wal"]))
            log.SetLength(3L << 30);
        Fails(() => WriteAheadLog.Apply(_folder["a_0.db3"]), BagError.TooLarge);
    }

    [Fact]
    public void Damaged_logs_end_in_an_error_or_in_messages_and_never_make_a_file_larger_than_both()
    {
        var bag = Trials.Unpack("wal_half_checkpointed", _folder.Path);
        var file = Path.Combine(bag, "rosbag2_half_0.db3");
        var (original, log) = (File.ReadAllBytes(file), File.ReadAllBytes(file + "-wal"));
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var damaged = (byte[])log.Clone();
            for (var i = 0; i < 3; i++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            // Every other one is right again as far as its checksums say: what is in it counts then.
            Check(original, round % 2 == 0 ? damaged : Sealed(damaged));
        }

        void Check(byte[] database, byte[] damaged)
        {
            File.WriteAllBytes(file, database);
            File.WriteAllBytes(file + "-wal", damaged);
            try
            {
                WriteAheadLog.Apply(file);
                ReadAll(bag);
            }
            catch (BagFormatException)
            {
            }

            Assert.InRange(new FileInfo(file).Length, 1, database.Length + damaged.Length + 65536);
            Assert.NotNull(BagVerifier.Verify(bag).Findings);
        }
    }

    [Theory]
    [InlineData(0xFFFFFFF0u)]
    [InlineData(1_000_000u)]
    public void Log_that_claims_a_huge_database_is_an_error_and_makes_no_huge_file(uint pages)
    {
        var bag = Trials.Unpack("wal_half_checkpointed", _folder.Path);
        var file = Path.Combine(bag, "rosbag2_half_0.db3");
        var log = File.ReadAllBytes(file + "-wal");
        var before = new FileInfo(file).Length;
        for (var frame = 32; frame < log.Length; frame += 24 + PageBytes)
        {
            BinaryPrimitives.WriteUInt32BigEndian(log.AsSpan(frame), pages);
            BinaryPrimitives.WriteUInt32BigEndian(log.AsSpan(frame + 4), pages);
        }

        File.WriteAllBytes(file + "-wal", Sealed(log));

        Assert.Throws<BagFormatException>(() =>
        {
            WriteAheadLog.Apply(file);
            ReadAll(bag);
        });
        Assert.InRange(new FileInfo(file).Length, 1, before + log.Length + 65536);
    }

    [Fact]
    public void What_a_log_brings_is_judged_as_what_a_file_has()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3]);
        var file = Path.Combine(bag, "bag_0.db3");
        byte[] hostile, log;
        using (var database = SqliteDatabase.Create(file))
        {
            foreach (var statement in (string[])["PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0", "ALTER TABLE messages RENAME TO hidden", "CREATE VIEW messages AS SELECT * FROM hidden"])
                database.Execute(statement);
            (hostile, log) = (ReadShared(file), ReadShared(file + "-wal"));
        }

        File.WriteAllBytes(file, hostile);
        File.WriteAllBytes(file + "-wal", log);
        WriteAheadLog.Apply(file);

        Assert.Contains("view", Fails(() => BagReader.Open(bag), BagError.SchemaUnsupported).Message, StringComparison.Ordinal);
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Sets the checksums of the header and all frames anew (sqlite.org/fileformat2.html, section 4.2).</summary>
    private static byte[] Sealed(byte[] log)
    {
        BinaryPrimitives.WriteUInt32BigEndian(log, 0x377f0682);
        BinaryPrimitives.WriteUInt32BigEndian(log.AsSpan(4), 3007000);
        BinaryPrimitives.WriteUInt32BigEndian(log.AsSpan(8), PageBytes);
        var sums = Sum((0, 0), log.AsSpan(0, 24), log.AsSpan(24));
        for (var frame = 32; frame + 24 + PageBytes <= log.Length; frame += 24 + PageBytes)
        {
            log.AsSpan(16, 8).CopyTo(log.AsSpan(frame + 8));
            sums = Sum(Sum(sums, log.AsSpan(frame, 8), []), log.AsSpan(frame + 24, PageBytes), log.AsSpan(frame + 16));
        }

        return log;
    }

    private static (uint, uint) Sum((uint First, uint Second) sums, ReadOnlySpan<byte> words, Span<byte> target)
    {
        for (; !words.IsEmpty; words = words[8..])
        {
            sums.First = unchecked(sums.First + BinaryPrimitives.ReadUInt32LittleEndian(words) + sums.Second);
            sums.Second = unchecked(sums.Second + BinaryPrimitives.ReadUInt32LittleEndian(words[4..]) + sums.First);
        }

        if (!target.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, sums.First);
            BinaryPrimitives.WriteUInt32BigEndian(target[4..], sums.Second);
        }

        return sums;
    }
}
