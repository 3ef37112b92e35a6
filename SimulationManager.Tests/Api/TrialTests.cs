using System.Net;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>Recordings as people's bags really are: all files of the folder are sent, with metadata.yaml and without, and played.</summary>
public sealed class TrialTests(ApiFixture fixture) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Contract("templates/trials")]
    [InlineData("rosbags_rs_sqlite3", true, 188, "")]
    [InlineData("rosbags_rs_sqlite3", false, 188, "MetadataMissing")]
    [InlineData("message_mode_some_plain", true, 20, "CompressionDisagrees")]
    [InlineData("message_mode_some_plain", false, 20, "CompressionDisagrees MetadataMissing")]
    [InlineData("message_mode_first_empty", true, 11, "")]
    [InlineData("message_mode_first_empty", false, 11, "MetadataMissing")]
    [InlineData("unpacked_by_hand", true, 10, "CompressionDisagrees")]
    [InlineData("unpacked_by_hand", false, 10, "MetadataMissing")]
    [InlineData("zstd_with_unpacked_beside", true, 10, "FileTwice")]
    [InlineData("zstd_with_unpacked_beside", false, 10, "FileTwice MetadataMissing")]
    [InlineData("reindexed_empty_storage_id", true, 20, "StorageDisagrees TypeUndefined")]
    [InlineData("reindexed_empty_storage_id", false, 20, "MetadataMissing TypeUndefined")]
    [InlineData("qos_partial_v9", true, 5, "TopicQosUnreadable")]
    [InlineData("qos_partial_v9", false, 5, "MetadataMissing TopicQosUnreadable")]
    [InlineData("hangul_nfd", true, 5, "")]
    [InlineData("hangul_nfd", false, 5, "MetadataMissing")]
    [InlineData("latin1_topic_names", false, 15, "MetadataMissing TimestampsOutOfOrder TopicNameNotUtf8")]
    [InlineData("one_name_two_types", true, 11, "TopicCountDisagrees TopicTypeDisagrees")]
    [InlineData("one_name_two_types", false, 11, "MetadataMissing TopicTypeDisagrees")]
    [InlineData("first_messages_at_zero", true, 25, "TimestampJump")]
    [InlineData("first_messages_at_zero", false, 25, "MetadataMissing TimestampJump")]
    [InlineData("nul_in_ros_distro", false, 5, "MetadataMissing")]
    [InlineData("wal_everything_in_wal", false, 50, "JournalApplied MetadataMissing")]
    [InlineData("wal_half_checkpointed", true, 50, "JournalApplied")]
    [InlineData("wal_half_checkpointed", false, 50, "JournalApplied MetadataMissing")]
    public async Task Trial_is_taken_and_described(string trial, bool withMetadata, int messages, string warnings)
    {
        using var user = await fixture.UserAsync();

        var (id, files) = await UploadAsync(user, trial, withMetadata);

        var bag = (await user.GetAsync($"/api/template/{id}/bag")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(messages, (int)bag["messageCount"]!);
        Assert.Equal(warnings, string.Join(' ', bag["warnings"]!.AsArray().Select(warning => (string)warning!["code"]!).Distinct().Order(StringComparer.Ordinal)));
        Assert.Equal(1, files);
        Assert.Equal(withMetadata, bag["metadataVersion"] is not null);
    }

    [Theory]
    [Contract("templates/wal")]
    [InlineData(true, "JournalMissing MessageCountDisagrees")]
    [InlineData(false, "JournalMissing MetadataMissing")]
    public async Task Half_of_a_recording_whose_log_was_not_sent_is_taken_and_the_log_named(bool withMetadata, string warnings)
    {
        using var user = await fixture.UserAsync();

        var (id, _) = await UploadAsync(user, "wal_half_checkpointed", withMetadata, withLog: false);

        var bag = (await user.GetAsync($"/api/template/{id}/bag")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(25, (int)bag["messageCount"]!);
        var codes = bag["warnings"]!.AsArray().Select(warning => (string)warning!["code"]!).Order(StringComparer.Ordinal).ToList();
        Assert.Superset(warnings.Split(' ').ToHashSet(), codes.ToHashSet());
        var warning = bag["warnings"]!.AsArray().Single(warning => (string)warning!["code"]! == "JournalMissing")!;
        Assert.Contains("'rosbag2_half_0.db3-wal'", (string)warning["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [Contract("templates/trials", "templates/wal")]
    [InlineData("nul_in_ros_distro", "metadata_file", "NUL")]
    [InlineData("colon_in_name", "db_file", "the character :")]
    [InlineData("wal_everything_in_wal", "db_file", "Send 'rosbag2_2020_09_04-17_28_07_0.db3-wal', too")]
    public async Task Trial_that_cannot_be_taken_is_400_that_says_what_to_do(string trial, string field, string text)
    {
        using var user = await fixture.UserAsync();

        var answer = (await user.PostAsync("/api/template", Form(trial, withMetadata: true, withLog: false).Form)).Expect(HttpStatusCode.BadRequest);

        Assert.Equal([field], answer.ErrorFields);
        Assert.Contains(text, (string)answer.Envelope["errors"]![0]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    [Contract("templates/trials", "templates/wal")]
    public async Task Every_message_of_every_trial_is_played()
    {
        using var user = await fixture.UserAsync();
        (string Trial, bool WithMetadata, int Messages)[] trials =
        [
            ("rosbags_rs_sqlite3", true, 188), ("rosbags_rs_sqlite3", false, 188),
            ("message_mode_some_plain", true, 20), ("message_mode_some_plain", false, 20), ("message_mode_first_empty", true, 11), ("message_mode_first_empty", false, 11),
            ("unpacked_by_hand", true, 10), ("zstd_with_unpacked_beside", true, 10), ("zstd_with_unpacked_beside", false, 10),
            ("reindexed_empty_storage_id", true, 20), ("qos_partial_v9", true, 5), ("hangul_nfd", true, 5), ("latin1_topic_names", false, 15),
            ("one_name_two_types", true, 11), ("nul_in_ros_distro", false, 5),
            ("wal_everything_in_wal", false, 50), ("wal_half_checkpointed", true, 50), ("wal_half_checkpointed", false, 50),
        ];
        List<object> groups = [];
        foreach (var (trial, withMetadata, _) in trials) groups.Add(await GroupAsync(trial, withMetadata));
        // Five messages at 0, the others in 2023: where TimestampJump says.
        var real = (await UploadAsync(user, "first_messages_at_zero", withMetadata: true)).Id;
        groups.Add(new { templateId = real, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 50.0, startOffset = 1_700_000_000.0 } });

        var (simulation, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), [.. groups]));

        var report = (await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["groups"]!.AsArray();
        Assert.Equal(
            trials.Select(trial => $"{trial.Trial} {trial.WithMetadata} {trial.Messages}").Append("first_messages_at_zero True 20"),
            trials.Select(trial => $"{trial.Trial} {trial.WithMetadata}").Append("first_messages_at_zero True").Zip(report, (trial, group) => $"{trial} {(int)group!["messagesOut"]!}"));

        async Task<object> GroupAsync(string trial, bool withMetadata) => Group((await UploadAsync(user, trial, withMetadata)).Id);

        static object Group(long template) =>
            new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 50.0 } };
    }

    [Fact]
    [Contract("templates/wal")]
    public async Task Log_in_an_upload_by_parts_is_taken_into_its_file()
    {
        using var user = await fixture.UserAsync();
        var folder = Trials.Unpack("wal_half_checkpointed", _folder.Path);
        await File.WriteAllBytesAsync(Path.Combine(folder, "rosbag2_half_0.db3-shm"), new byte[32768], TestContext.Current.CancellationToken);
        var paths = Directory.EnumerateFiles(folder).ToList();
        var started = (await user.PostAsync("/api/template/uploads", new
        {
            name = Plans.NewName(), type = "robot", description = "a robot",
            files = paths.Select(path => new { field = path.EndsWith(".yaml", StringComparison.Ordinal) ? "metadata_file" : "db_file", fileName = Path.GetFileName(path), size = new FileInfo(path).Length }),
        })).Expect(HttpStatusCode.Created).Data;
        using var browser = new HttpClient();
        foreach (var (path, file) in paths.Zip(started["files"]!.AsArray()))
        {
            var content = new ByteArrayContent(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            (await browser.PutAsync((string)file!["parts"]![0]!["uploadUrl"]!, content, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        }

        var created = (await user.PostAsync($"/api/template/uploads/{(string)started["uploadId"]!}/complete")).Expect(HttpStatusCode.Created).Data;

        var bag = (await user.GetAsync($"/api/template/{(long)created["templateId"]!}/bag")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal((50, "rosbag2_half_0.db3"), ((int)bag["messageCount"]!, (string)created["dbFiles"]!.AsArray().Single()!["fileName"]!));
        Assert.Equal(await SizeAsync(browser, created), (long)bag["size"]!);
    }

    [Fact]
    [Contract("templates/split")]
    public async Task More_files_than_the_setting_allows_are_400_that_names_it()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:MaxFiles"] = "2";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var form = TestBundle.Named("three files");
        foreach (var path in Directory.EnumerateFiles(TestBundle.Folder("no_metadata_split"), "*.db3")) form.File("db_file", path);

        Assert.Contains("Uploads:MaxFiles", (await admin.PostAsync("/api/template", form.Form)).Expect(HttpStatusCode.BadRequest).Message, StringComparison.Ordinal);
    }

    /// <summary>What is stored is what was checked.</summary>
    private static async Task<long> SizeAsync(HttpClient browser, System.Text.Json.Nodes.JsonNode template) =>
        (await browser.GetByteArrayAsync((string)template["dbFile"]!["downloadUrl"]!, TestContext.Current.CancellationToken)).LongLength;

    private async Task<(long Id, int Files)> UploadAsync(ApiClient user, string trial, bool withMetadata, bool withLog = true)
    {
        var created = (await user.PostAsync("/api/template", Form(trial, withMetadata, withLog).Form)).Expect(HttpStatusCode.Created).Data;
        return ((long)created["templateId"]!, created["dbFiles"]!.AsArray().Count);
    }

    /// <summary>All files of the trial's folder, the index of a log among them, as somebody sends who takes all that is there.</summary>
    private TestBundle Form(string trial, bool withMetadata, bool withLog)
    {
        var form = TestBundle.Named(Plans.NewName());
        foreach (var path in Directory.EnumerateFiles(Trials.Unpack(trial, _folder[Guid.NewGuid().ToString("N")], withMetadata, withLog)))
        {
            form.File(Path.GetFileName(path) == "metadata.yaml" ? "metadata_file" : "db_file", path);
            if (path.EndsWith("-wal", StringComparison.Ordinal)) form.File("db_file", new byte[32768], Path.GetFileName(path).Replace("-wal", "-shm", StringComparison.Ordinal));
        }

        return form;
    }
}
