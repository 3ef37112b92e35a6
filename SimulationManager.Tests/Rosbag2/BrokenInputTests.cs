using SimulationManager.Rosbag2;
using static SimulationManager.Tests.Rosbag2.BagFixtures;

namespace SimulationManager.Tests.Rosbag2;

public sealed class BrokenInputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_there_is_an_error_that_says_what_to_give()
    {
        Fails(() => BagReader.Open(_folder["nowhere"]), BagError.NotFound);
        Fails(() => BagReader.Open(_folder.Path), BagError.NotFound);
        Assert.Equal(["Unreadable"], BagVerifier.Verify(_folder.Path).Findings.Select(finding => finding.Code.ToString()));
    }

    [Fact]
    public void Listed_file_that_is_not_there_is_an_error_that_names_it()
    {
        var bag = CopyOf("cdr_test", _folder);
        File.Delete(Path.Combine(bag, "cdr_test_0.db3"));

        var error = Fails(() => BagReader.Open(bag), BagError.FileMissing);
        Assert.Contains("cdr_test_0.db3", error.Message, StringComparison.Ordinal);
        var inspection = BagVerifier.Verify(bag);
        Assert.Contains("FileMissing(cdr_test_0.db3)", Codes(inspection));
        Assert.False(inspection.IsReadable);
    }

    [Fact]
    public void Unlisted_file_is_not_read_and_reported()
    {
        var bag = CopyOf("cdr_test", _folder);
        File.Copy(Path.Combine(bag, "cdr_test_0.db3"), Path.Combine(bag, "cdr_test_1.db3"));

        Assert.Equal(7, ReadAll(bag).Count);
        Assert.Equal(["FileUnlisted(cdr_test_1.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    [Fact]
    public void Path_tricks_in_the_metadata_are_refused_before_any_file_is_touched()
    {
        var bag = CopyOf("cdr_test", _folder);
        File.Move(Path.Combine(bag, "cdr_test_0.db3"), _folder["cdr_test_0.db3"]);
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("- cdr_test_0.db3", "- ../cdr_test_0.db3", StringComparison.Ordinal));

        Fails(() => BagReader.Open(bag), BagError.UnsafePath);
        Assert.Equal("Unreadable(metadata.yaml)", Assert.Single(Codes(BagVerifier.Verify(bag))));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void Cut_off_database_is_an_error(double keep)
    {
        var bag = CopyOf("turtlesim_cmd_vel", _folder);
        var path = Path.Combine(bag, "turtle_cmd_vel.mcap_0.db3");
        using (var file = File.OpenWrite(path))
            file.SetLength((long)(file.Length * keep));

        var error = Fails(() => BagReader.Open(bag), BagError.StorageCorrupt);
        Assert.Contains("cut off", error.Message, StringComparison.Ordinal);
        Assert.Equal(["FileUnreadable(turtle_cmd_vel.mcap_0.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rosbag2_bagfile_information:")]
    [InlineData("SQLite format 2 and then some more text to make it longer than a header")]
    public void File_that_is_not_sqlite_is_an_error(string contents)
    {
        File.WriteAllText(_folder["bag_0.db3"], contents);

        Fails(() => BagReader.Open(_folder.Path), BagError.NotSqlite);
    }

    [Fact]
    public void Random_damage_ends_in_an_error_or_in_messages()
    {
        var bag = WriteBag(_folder["bag"], Enumerable.Range(0, 60).Select(i => (long)i));
        var path = Path.Combine(bag, "bag_0.db3");
        var original = File.ReadAllBytes(path);
        var random = new Random(11);
        var failures = 0;
        for (var round = 0; round < 200; round++)
        {
            var damaged = (byte[])original.Clone();
            for (var i = 0; i < 3; i++)
                damaged[random.Next(round % 2 == 0 ? 200 : damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);
            try
            {
                ReadAll(bag);
                using var reader = BagReader.Open(bag);
                ReadByTimeline(reader);
            }
            catch (BagFormatException)
            {
                failures++;
            }

            Assert.NotNull(BagVerifier.Verify(bag).Findings);
        }

        Assert.InRange(failures, 10, 200);
    }

    [Theory]
    [InlineData("DROP TABLE topics", "no table topics")]
    [InlineData("DROP TABLE messages", "no table messages")]
    [InlineData("ALTER TABLE messages RENAME COLUMN data TO payload", "no column data")]
    [InlineData("ALTER TABLE topics RENAME COLUMN name TO title", "no column name")]
    [InlineData("ALTER TABLE messages RENAME TO hidden; CREATE VIEW messages AS SELECT * FROM hidden", "view")]
    [InlineData("ALTER TABLE messages RENAME TO old; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB) WITHOUT ROWID", "row id")]
    [InlineData("ALTER TABLE messages RENAME TO old; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp TEXT, data BLOB)", "timestamp")]
    [InlineData("ALTER TABLE messages RENAME TO old; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data TEXT)", "data")]
    [InlineData("ALTER TABLE messages RENAME TO old; CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB AS (zeroblob(1000000000)))", "computed")]
    [InlineData("ALTER TABLE topics RENAME TO old; CREATE VIRTUAL TABLE topics USING fts5(id, name, type, serialization_format)", "virtual")]
    public void Database_that_is_not_a_bag_is_an_error(string change, string reason)
    {
        var bag = CopyOf("talker", _folder);
        Execute(Path.Combine(bag, "talker.db3"), change.Split("; "));

        var error = Fails(() => BagReader.Open(bag), BagError.SchemaUnsupported);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE messages SET timestamp = 'yesterday' WHERE id = 3")]
    [InlineData("UPDATE messages SET timestamp = 1.5 WHERE id = 3")]
    [InlineData("UPDATE messages SET data = 'text' WHERE id = 3")]
    [InlineData("UPDATE messages SET data = 12 WHERE id = 3")]
    [InlineData("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'BLOB NOT NULL', 'BLOB') WHERE name = 'messages'; PRAGMA writable_schema = RESET; UPDATE messages SET data = NULL WHERE id = 3")]
    public void Value_of_the_wrong_type_is_an_error(string change)
    {
        var bag = CopyOf("talker", _folder);
        Execute(Path.Combine(bag, "talker.db3"), change.Split("; "));

        Fails(() => ReadAll(bag), BagError.ValueInvalid);
        using var reader = BagReader.Open(bag);
        Fails(() => ReadByTimeline(reader), BagError.ValueInvalid);
        Assert.Equal(["FileUnreadable(talker.db3)"], Codes(BagVerifier.Verify(bag)));
    }

    private static void ReadByTimeline(BagReader reader)
    {
        var timeline = BagTimeline.Load(reader);
        using var payloads = new BagPayloadReader(reader, timeline);
        for (var index = 0; index < timeline.Count; index++)
            payloads.Fetch(index);
    }

    [Fact]
    public void Index_that_disagrees_with_the_table_is_an_error()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3]);
        var path = Path.Combine(bag, "bag_0.db3");
        // An index over another expression under the same name: what it claims is not what the rows say.
        Execute(path, "PRAGMA writable_schema = ON", "DROP INDEX timestamp_idx", "CREATE INDEX timestamp_idx ON messages (topic_id)",
            "UPDATE sqlite_master SET sql = 'CREATE INDEX timestamp_idx ON messages (timestamp ASC)' WHERE name = 'timestamp_idx'");

        Fails(() => ReadAll(bag), BagError.StorageCorrupt);
    }

    [Fact]
    public void Message_beyond_the_limit_is_an_error_and_below_it_is_read()
    {
        using (var writer = BagWriter.Create(_folder["bag"]))
        {
            writer.Write(writer.AddTopic(Topic("/big")), 1, new byte[50_000_000]);
            writer.Complete();
        }

        Assert.Equal(50_000_000, BagVerifier.Verify(_folder["bag"]).Info!.Topics[0].LargestMessageBytes);
        Assert.StartsWith("50000000:", Assert.Single(ReadAll(_folder["bag"])).DataHash, StringComparison.Ordinal);
        Fails(() => ReadAll(_folder["bag"], open: new BagOpenOptions { MaxMessageBytes = 40_000_000 }), BagError.TooLarge);
    }

    [Fact]
    public void Bag_of_another_storage_is_refused_with_advice()
    {
        var bag = CopyOf("cdr_test", _folder);
        var metadata = Path.Combine(bag, "metadata.yaml");
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("sqlite3", "rosbag_v2", StringComparison.Ordinal));

        var error = Fails(() => BagReader.Open(bag), BagError.StorageUnsupported);
        Assert.Contains("ros2 bag convert", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bag_that_disappears_while_it_is_read_is_an_error()
    {
        var bag = WriteBag(_folder["bag"], [1, 2, 3, 4], new BagWriterOptions { MaxFileBytes = 100 });
        using var reader = BagReader.Open(bag);
        using var cursor = reader.ReadMessages();
        cursor.MoveNext();
        File.Delete(Path.Combine(bag, "bag_1.db3"));

        Fails(() => { while (cursor.MoveNext()) { } }, BagError.NotFound);
    }
}
