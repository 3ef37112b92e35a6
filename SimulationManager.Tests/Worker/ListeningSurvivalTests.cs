using System.Security.Cryptography;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Worker;

/// <summary>Workers die and stores go away while a run listens: the run ends right, and what was stored is whole.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class ListeningSurvivalTests(OwnServers fixture) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly StoredRecordings _stored = new();

    public void Dispose() => _stored.Dispose();

    [Fact]
    public async Task Files_of_a_killed_worker_and_of_the_next_one_are_there_and_the_time_between_is_told()
    {
        await using var broker = await Mosquitto.StartAsync();
        var settings = SettingsOf(nameof(Files_of_a_killed_worker_and_of_the_next_one_are_there_and_the_time_between_is_told));
        var victim = await WorkerProcess.StartAsync(settings);
        await using var reader = await WorkerHost.BuildAsync(settings);
        var scenario = new Scenario(reader.Services);
        // Started by the worker itself, as one whose start the API could not pass on.
        var id = await CreateAsync(scenario, broker, repeats: 4);
        await Wait.UntilAsync(async () => await PublishAsync(broker, scenario, id) && (await StoredRecordings.RowsAsync(scenario, id)).Count(row => row.FileName is not null) >= 2, Limit, "files of the first worker");

        await victim.KillAsync();
        await victim.DisposeAsync();
        var killed = await StoredRecordings.RowsAsync(scenario, id);
        await using var next = await WorkerProcess.StartAsync(settings);
        await Wait.UntilAsync(async () => await PublishAsync(broker, scenario, id) && (await StoredRecordings.RowsAsync(scenario, id)).Any(row => row.FileName is not null && row.Silo != killed[0].Silo), Limit, "files of the next worker");
        var ended = await scenario.WaitForEndAsync(id, Limit);
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Any(row => row.To > ended.EndedAt), Limit, "the last file");

        Assert.Equal(RunStatus.Completed, ended.Status);
        var rows = await StoredRecordings.RowsAsync(scenario, id);
        Assert.Equal(killed.Select(row => row.FileName), rows.Take(killed.Count).Select(row => row.FileName));
        Assert.All(rows, row => Assert.Null(row.Error));
        var before = rows.Where(row => row.Silo == killed[0].Silo).ToList();
        var after = rows.Where(row => row.Silo != killed[0].Silo).ToList();
        Assert.True(before[^1].To < after[0].From, "nobody listened in between");
        foreach (var silo in (List<ExecutionRecording>[])[before, after]) Assert.All(silo.Zip(silo.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        foreach (var row in rows.Where(row => row.FileName is not null)) Assert.Equal(row.Topics.Sum(topic => topic.Messages), await _stored.CountAsync(reader, row));
    }

    [Fact]
    public async Task Object_storage_that_is_away_at_the_end_gets_the_file_when_it_is_back()
    {
        await using var broker = await Mosquitto.StartAsync();
        var settings = SettingsOf(nameof(Object_storage_that_is_away_at_the_end_gets_the_file_when_it_is_back));
        settings["Listening:SegmentInterval"] = "00:05:00";
        await using var worker = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(worker.Services);
        var id = await CreateAsync(scenario, broker, repeats: 1);
        await worker.Execution(id).Start();
        // Once agents play, the run has fetched what it needs of the storage.
        await Wait.UntilAsync(
            async () => await PublishAsync(broker, scenario, id) && await worker.Execution(id).GetState() is { MessagesOut: > 0 } state && state.Listening?[0].Messages > 5, Limit, "messages");

        await fixture.Servers.StopStorageAsync();
        try
        {
            Assert.Equal(RunStatus.Completed, (await scenario.WaitForEndAsync(id, Limit)).Status);
            Assert.Empty(await StoredRecordings.RowsAsync(scenario, id));
        }
        finally
        {
            await fixture.Servers.StartStorageAsync();
        }
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Count == 1, Limit, "the file");

        var row = Assert.Single(await StoredRecordings.RowsAsync(scenario, id));
        Assert.Equal(row.Topics.Sum(topic => topic.Messages), await _stored.CountAsync(worker, row));
    }

    [Fact]
    public async Task Share_of_storage_that_is_used_up_ends_the_recording_and_not_the_run()
    {
        await using var broker = await Mosquitto.StartAsync();
        var settings = SettingsOf(nameof(Share_of_storage_that_is_used_up_ends_the_recording_and_not_the_run));
        settings["Listening:MaxBytes"] = "100000";
        await using var worker = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(worker.Services);
        var id = await CreateAsync(scenario, broker, repeats: 1);
        await worker.Execution(id).Start();
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Listening?[0].Connected == true, Limit, "the run to listen");
        for (var message = 0; message < 6; message++) await broker.PublishAsync("sut/noise", RandomNumberGenerator.GetBytes(30_000), "-q", "1");

        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Listening?[0].Error?.Contains("Listening:MaxBytes", StringComparison.Ordinal) == true, Limit, "the status to say so");
        var ended = await scenario.WaitForEndAsync(id, Limit);
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Sum(row => row.Topics.Sum(topic => topic.Messages)) == 3, Limit, "the files");

        var rows = await StoredRecordings.RowsAsync(scenario, id);
        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.InRange(rows.Sum(row => row.Size), 90_000, 110_000);
        Assert.True(rows.Sum(row => row.Topics.Sum(topic => topic.Missed)) >= 1);
        Assert.Contains("setting Listening:MaxBytes", rows[^1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Share_of_the_disk_that_is_used_up_costs_messages_until_files_are_stored()
    {
        await using var broker = await Mosquitto.StartAsync();
        var settings = SettingsOf(nameof(Share_of_the_disk_that_is_used_up_costs_messages_until_files_are_stored));
        settings["Listening:ScratchBytes"] = "100000";
        settings["Listening:SegmentInterval"] = "00:05:00";
        settings["Listening:SegmentBytes"] = "90000";
        await using var worker = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(worker.Services);
        var id = await CreateAsync(scenario, broker, repeats: 1);
        await worker.Execution(id).Start();
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Listening?[0].Connected == true, Limit, "the run to listen");

        foreach (var bytes in (int[])[30_000, 50_000, 30_000]) await broker.PublishAsync("sut/noise", RandomNumberGenerator.GetBytes(bytes), "-q", "1");
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).Listening?[0].Error?.Contains("Listening:ScratchBytes", StringComparison.Ordinal) == true, Limit, "the status to say so");
        // With this one the file is full, and makes room once it is stored.
        await broker.PublishAsync("sut/noise", RandomNumberGenerator.GetBytes(15_000), "-q", "1");
        await Wait.UntilAsync(async () => (await StoredRecordings.RowsAsync(scenario, id)).Count == 1, Limit, "the file");
        await Wait.UntilAsync(async () => await PublishAsync(broker, scenario, id) && (await worker.Execution(id).GetState()).Listening?[0].Messages > 3, Limit, "messages to be recorded again");

        var row = (await StoredRecordings.RowsAsync(scenario, id))[0];
        Assert.Equal((3L, 1L), (row.Topics[0].Messages, row.Topics[0].Missed));
        Assert.Contains("setting Listening:ScratchBytes", row.Error, StringComparison.Ordinal);
    }

    private Dictionary<string, string?> SettingsOf(string test) => _stored.SettingsOf(fixture, test);

    private static async Task<bool> PublishAsync(Mosquitto broker, Scenario scenario, long id)
    {
        Assert.Equal(RunStatus.Running, (await scenario.ReadAsync(id)).Status);
        await broker.PublishAsync("sut/a", $"{DateTimeOffset.UtcNow:O}");
        return true;
    }

    /// <summary>A run of some 15 s for each repeat.</summary>
    private static async Task<long> CreateAsync(Scenario scenario, Mosquitto broker, int repeats)
    {
        var files = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var part = Scenario.Part(1, files, ["/turtle1/cmd_vel"], agents: 2, repeats, seconds: 300, playback: new PlaybackOptions { Rate = 0.5 });
        return await scenario.CreateExecutionAsync(PatternType.Parallel, [new ListenOptions { Endpoint = $"mqtt://127.0.0.1:{broker.Port}", Topics = ["sut/#"] }], part);
    }
}
