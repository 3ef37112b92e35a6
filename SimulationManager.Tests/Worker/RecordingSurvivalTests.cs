using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Worker;

/// <summary>Workers die and shares are used up while a run records its agents: the run ends right, and what was stored is whole.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class RecordingSurvivalTests(OwnServers fixture) : IDisposable
{
    private const int Agents = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly StoredRecordings _stored = new();

    public void Dispose() => _stored.Dispose();

    [Theory]
    [InlineData(RecordScope.Fleet)]
    [InlineData(RecordScope.Agent)]
    public async Task Files_of_a_killed_worker_and_of_the_next_one_are_there(RecordScope per)
    {
        var settings = SettingsOf($"{nameof(Files_of_a_killed_worker_and_of_the_next_one_are_there)}_{per}");
        var victim = await WorkerProcess.StartAsync(settings);
        await using var reader = await WorkerHost.BuildAsync(settings);
        var scenario = new Scenario(reader.Services);
        var id = await CreateAsync(scenario, repeats: 3, new RecordOptions { Per = per });
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Count(row => row.FileName is not null) >= 2 * Agents, Limit, "files of the first worker");

        await victim.KillAsync();
        await victim.DisposeAsync();
        var killed = await StoredRecordings.RowsAsync(scenario, id);
        await using var next = await WorkerProcess.StartAsync(settings);
        var ended = await scenario.WaitForEndAsync(id, Limit);
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Any(row => row.IsLast), Limit, "the last file");

        Assert.Equal(RunStatus.Completed, ended.Status);
        var rows = await StoredRecordings.RowsAsync(scenario, id);
        Assert.All(killed, row => Assert.Contains(rows, other => other.Id == row.Id));
        Assert.All(rows, row => Assert.Equal((RecordingKind.Published, null), (row.Kind, row.Error)));
        Assert.DoesNotContain(rows, row => row.Silo == killed[0].Silo && row.IsLast);
        Assert.Contains(rows, row => row.Silo != killed[0].Silo && row.FileName is not null);
        Assert.Equal(per == RecordScope.Agent ? [1, 2] : new long?[] { null }, rows.Where(row => row.FileName is not null).Select(row => row.Agent).Distinct().Order());
        foreach (var row in rows.Where(row => row.FileName is not null)) Assert.Equal(row.Topics.Sum(topic => topic.Messages), await _stored.CountAsync(reader, row));
    }

    [Fact]
    public async Task Share_of_storage_that_is_used_up_ends_the_recording_and_not_the_run()
    {
        var settings = SettingsOf(nameof(Share_of_storage_that_is_used_up_ends_the_recording_and_not_the_run));
        settings["Listening:MaxBytes"] = "8000";
        settings["Listening:SegmentInterval"] = "00:05:00";
        await using var worker = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(worker.Services);
        var id = await CreateAsync(scenario, repeats: 1, new RecordOptions());
        await worker.Execution(id).Start();
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Recording?.Error?.Contains("Listening:MaxBytes", StringComparison.Ordinal) == true, Limit, "the status to say so");
        var ended = await scenario.WaitForEndAsync(id, Limit);
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Any(row => row.IsLast), Limit, "the file");

        var row = Assert.Single(await StoredRecordings.RowsAsync(scenario, id));
        Assert.Equal((RunStatus.Completed, (long)Agents * 113), (ended.Status, ended.MessagesOut));
        var topic = Assert.Single(row.Topics);
        Assert.Equal(("/turtle1/cmd_vel", ended.MessagesOut), (topic.Topic, topic.Messages + topic.Missed));
        Assert.InRange(topic.Messages, 1, 100);
        Assert.Equal(topic.Messages, await _stored.CountAsync(worker, row));
        Assert.Contains("setting Listening:MaxBytes", row.Error, StringComparison.Ordinal);
    }

    private Dictionary<string, string?> SettingsOf(string test) => _stored.SettingsOf(fixture, test);

    /// <summary>A run of some 15 s for each repeat, started by the worker itself, as one whose start the API could not pass on.</summary>
    private static async Task<long> CreateAsync(Scenario scenario, int repeats, RecordOptions record)
    {
        var files = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var part = Scenario.Part(1, files, ["/turtle1/cmd_vel"], Agents, repeats, seconds: 300, playback: new PlaybackOptions { Rate = 0.5 });
        return await scenario.CreateExecutionAsync(PatternType.Parallel, [], record, part);
    }
}
