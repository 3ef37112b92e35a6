using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Worker;

/// <summary>One silo on real servers, for the tests of this collection together.</summary>
public sealed class OneWorker : IAsyncLifetime
{
    internal BackingServers Servers { get; } = new();
    internal WorkerHost Worker { get; private set; } = null!;
    internal Scenario Scenario { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Servers.InitializeAsync();
        Worker = await WorkerHost.StartAsync(Servers.Settings("one-worker"));
        Scenario = new Scenario(Worker.Services);
    }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Servers.DisposeAsync();
    }
}

public sealed class ExecutionTests(OneWorker fixture) : IClassFixture<OneWorker>
{
    private const string TurtleTopic = "/turtle1/cmd_vel";

    /// <summary>So that a bag of 7.65 s does not make a test wait as long.</summary>
    private static readonly PlaybackOptions Fast = new() { Rate = 20 };

    private Scenario Scenario => fixture.Scenario;

    [Fact]
    public async Task Sequential_run_puts_out_every_message_of_every_agent_and_repeat_and_completes()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 2, repeats: 2, delay: 1, playback: Fast),
            Scenario.Part(2, turtle, [TurtleTopic], agents: 3, repeats: 1, playback: Fast));

        await fixture.Worker.Execution(id).Start();
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(113 * 7, ended.MessagesOut);
        Assert.Equal(100, ended.OverallProgress);
        Assert.All(ended.Parts, part => Assert.Equal(RunStatus.Completed, part.Status));
        Assert.Equal([113 * 4, 113 * 3], ended.Parts.OrderBy(part => part.Number).Select(part => part.MessagesOut));
        Assert.Equal(SimulationStatus.Pending, ended.Simulation!.Status);
        Assert.Equal(RunStatus.Completed, ended.Simulation.LatestExecutionStatus);
        var instances = await Scenario.ReadInstancesAsync(id);
        Assert.Equal([1, 2, 3, 4, 5], instances.Select(instance => instance.InstanceId));
        Assert.Equal([226, 226, 113, 113, 113], instances.Select(instance => instance.MessagesOut));
        await Wait.UntilAsync(
            async () => await fixture.Worker.Get<LiveExecutionStore>().ReadAsync(id) is { Status: RunStatus.Completed, MessagesOut: 113 * 7 },
            TimeSpan.FromSeconds(30),
            "the live state to say so too");
    }

    [Fact]
    public async Task Parallel_run_plays_all_groups_at_once_and_completes_when_the_last_one_has()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Parallel,
            Scenario.Part(41, turtle, [TurtleTopic], agents: 30),
            Scenario.Part(17, turtle, [TurtleTopic], agents: 3, repeats: 4));
        var grain = fixture.Worker.Execution(id);

        await grain.Start();
        await Wait.UntilAsync(async () => (await grain.GetState()).Parts.All(part => part.Status == RunStatus.Running), TimeSpan.FromSeconds(30), "both groups to run");
        await grain.SetRate(20);
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(113 * (30 + 12), ended.MessagesOut);
        var instances = await Scenario.ReadInstancesAsync(id);
        Assert.Equal([1, 1, 4], instances.Where(instance => instance.InstanceId is 1 or 30 or 31).Select(instance => instance.RepeatsCompleted));
        Assert.All(ended.Parts, part => Assert.Equal(part.MessagesPlanned, part.MessagesOut));
    }

    [Fact]
    public async Task Time_limit_ends_a_step_as_completed_and_the_pause_keeps_the_execution_running()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 2, repeats: 50, seconds: 1, delay: 5),
            Scenario.Part(2, turtle, [TurtleTopic], agents: 1, playback: Fast));

        await fixture.Worker.Execution(id).Start();
        Execution between = null!;
        await Wait.UntilAsync(
            async () => (between = await Scenario.ReadAsync(id)).Parts.Any(part => part.Status == RunStatus.Completed), TimeSpan.FromSeconds(20), "the first step to end");
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Running, between.Status);
        Assert.Equal([RunStatus.Completed, RunStatus.Pending], between.Parts.OrderBy(part => part.Number).Select(part => part.Status));
        Assert.Equal(RunStatus.Completed, ended.Status);
        var first = ended.Parts.Single(part => part.Number == 1);
        var second = ended.Parts.Single(part => part.Number == 2);
        // Not before its time; and of the bag's messages (113 in 7.65 s) each agent put out those of its first second, not one more pass.
        Assert.InRange((first.EndedAt - first.StartedAt)!.Value.TotalSeconds, 1, double.MaxValue);
        Assert.InRange(first.MessagesOut, 2, 2 * 113 / 2);
        Assert.InRange((second.StartedAt - first.EndedAt)!.Value.TotalSeconds, 5, double.MaxValue);
        Assert.Equal((0, 100), (first.CurrentRepeat, first.Progress));
        Assert.All((await Scenario.ReadInstancesAsync(id)), instance => Assert.Equal(RunStatus.Completed, instance.Status));
    }

    [Fact]
    public async Task Execution_that_cannot_be_started_keeps_the_scan_from_no_other()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var damaged = await Scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, turtle, [TurtleTopic], agents: 1));
        await ExecuteAsync($"UPDATE executions SET plan = '{{}}' WHERE id = {damaged}");
        try
        {
            var other = await Scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, turtle, [TurtleTopic], agents: 1, playback: Fast));

            Assert.Equal(RunStatus.Completed, (await Scenario.WaitForEndAsync(other, TimeSpan.FromSeconds(30))).Status);
        }
        finally
        {
            await ExecuteAsync($"DELETE FROM simulations WHERE latest_execution_id = {damaged}; DELETE FROM executions WHERE id = {damaged}");
        }
    }

    [Fact]
    public async Task Run_that_always_breaks_ends_failed_also_when_its_end_could_not_be_saved_once()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, turtle, [TurtleTopic], agents: 1));
        await ExecuteAsync(
            $"""
            CREATE SEQUENCE refused_ends;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused on purpose''; END';
            CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN IF nextval(''refused_ends'') = 1 THEN RAISE EXCEPTION ''refused on purpose''; END IF; RETURN NEW; END';
            CREATE TRIGGER refuse BEFORE INSERT ON execution_cohorts FOR EACH ROW WHEN (NEW.execution_id = {id}) EXECUTE FUNCTION refuse();
            CREATE TRIGGER refuse_once BEFORE UPDATE ON executions FOR EACH ROW WHEN (NEW.id = {id} AND NEW.status = 'FAILED') EXECUTE FUNCTION refuse_once();
            """);
        try
        {
            await fixture.Worker.Execution(id).Start();

            Assert.Equal(RunStatus.Failed, (await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60))).Status);
        }
        finally
        {
            await ExecuteAsync("DROP FUNCTION refuse, refuse_once CASCADE; DROP SEQUENCE refused_ends");
        }
    }

    [Fact]
    public async Task Stop_ends_everything_within_two_seconds_and_is_the_only_end()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        long id = 0;
        List<RunStatus> outcomes = [];
        await InTime.OnceAsync(TimeSpan.FromSeconds(2), async () =>
        {
            id = await Scenario.CreateExecutionAsync(
                PatternType.Sequential,
                Scenario.Part(1, turtle, [TurtleTopic], agents: 40, repeats: 50, seconds: 600),
                Scenario.Part(2, turtle, [TurtleTopic], agents: 1));
            var grain = fixture.Worker.Execution(id);
            await grain.Start();
            await Wait.UntilAsync(async () => (await grain.GetState()).MessagesOut > 100, TimeSpan.FromSeconds(20), "messages");
            var started = Stopwatch.GetTimestamp();
            outcomes.AddRange(await Task.WhenAll(grain.Stop(), grain.Stop()));
            var took = Stopwatch.GetElapsedTime(started);
            outcomes.Add(await grain.Stop());
            await grain.Start();
            return took;
        });
        var ended = await Scenario.ReadAsync(id);

        Assert.All(outcomes, outcome => Assert.Equal(RunStatus.Stopped, outcome));
        Assert.Equal(RunStatus.Stopped, ended.Status);
        Assert.Equal([RunStatus.Stopped, RunStatus.Pending], ended.Parts.OrderBy(part => part.Number).Select(part => part.Status));
        Assert.Equal((SimulationStatus.Pending, RunStatus.Stopped), (ended.Simulation!.Status, ended.Simulation.LatestExecutionStatus));
        var instances = await Scenario.ReadInstancesAsync(id);
        Assert.Equal(40, instances.Count);
        Assert.All(instances, instance => Assert.Equal(RunStatus.Stopped, instance.Status));
        Assert.Equal(ended.MessagesOut, instances.Sum(instance => instance.MessagesOut));
        await Wait.UntilAsync(
            async () => await fixture.Worker.Get<LiveExecutionStore>().ReadAsync(id) is { Status: RunStatus.Stopped } live && live.MessagesOut == ended.MessagesOut,
            TimeSpan.FromSeconds(30),
            "the live state to say so too");
    }

    [Fact]
    public async Task Bundle_that_vanished_fails_the_step_names_the_instance_and_does_not_start_the_rest()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var gone = await Scenario.UploadAsync(Scenario.BagFolder("talker"));
        await fixture.Worker.Get<BundleStore>().RemoveAsync(gone[^1].ObjectKey, CancellationToken.None);
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 2, playback: Fast),
            Scenario.Part(2, gone, ["/topic"], agents: 3),
            Scenario.Part(3, turtle, [TurtleTopic], agents: 1));

        await fixture.Worker.Execution(id).Start();
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Failed, ended.Status);
        Assert.Equal([RunStatus.Completed, RunStatus.Failed, RunStatus.Pending], ended.Parts.OrderBy(part => part.Number).Select(part => part.Status));
        var error = ended.Parts.Single(part => part.Number == 2).Error!;
        Assert.StartsWith($"instance-{ended.SimulationId}-3: ", error, StringComparison.Ordinal);
        Assert.Contains($"'{gone[^1].FileName}' is not in object storage any more", error, StringComparison.Ordinal);
        Assert.Equal(error, ended.Message);
        Assert.Equal((SimulationStatus.Pending, RunStatus.Failed), (ended.Simulation!.Status, ended.Simulation.LatestExecutionStatus));
    }

    [Fact]
    public async Task Damaged_bag_fails_the_run_with_the_readers_reason()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var file in Directory.EnumerateFiles(Scenario.BagFolder("turtlesim_cmd_vel"))) File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            await using (var bag = File.OpenWrite(Directory.EnumerateFiles(folder.FullName, "*.db3").Single())) bag.SetLength(20_000);
            var id = await Scenario.CreateExecutionAsync(
                PatternType.Parallel, Scenario.Part(5, await Scenario.UploadAsync(folder.FullName), [TurtleTopic], agents: 2));

            await fixture.Worker.Execution(id).Start();
            var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

            Assert.Equal(RunStatus.Failed, ended.Status);
            Assert.StartsWith($"instance-{ended.SimulationId}-1: the bag cannot be read: ", ended.Parts.Single().Error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("empty_bag", "/anything")]
    [InlineData("turtlesim_cmd_vel", "/not/in/the/bag")]
    public async Task Bag_with_nothing_to_play_completes_at_once_and_says_so(string bag, string topic)
    {
        var files = await Scenario.UploadAsync(Scenario.BagFolder(bag));
        var id = await Scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, files, [topic], agents: 3, repeats: 2));

        await fixture.Worker.Execution(id).Start();
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(20));

        Assert.Equal((RunStatus.Completed, 0L, 100), (ended.Status, ended.MessagesOut, ended.OverallProgress));
        Assert.Contains("No message to play in step 1", RunSentences.InEnglish(ended.Message), StringComparison.Ordinal);
        Assert.All(await Scenario.ReadInstancesAsync(id), instance => Assert.Equal((RunStatus.Completed, 2), (instance.Status, instance.RepeatsCompleted)));
    }

    [Fact]
    public async Task Execution_whose_start_never_reached_the_worker_is_taken_up()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, turtle, [TurtleTopic], agents: 1, playback: Fast));

        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal((RunStatus.Completed, 113L), (ended.Status, ended.MessagesOut));
    }

    [Fact]
    public async Task Progress_has_one_decimal_and_never_goes_back()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 4, repeats: 3, playback: new PlaybackOptions { Rate = 3 }),
            Scenario.Part(2, turtle, [TurtleTopic], agents: 2, playback: new PlaybackOptions { Rate = 3 }));
        await fixture.Worker.Execution(id).Start();

        var seen = new List<double>();
        await Wait.UntilAsync(
            async () =>
            {
                if (await fixture.Worker.Get<LiveExecutionStore>().ReadAsync(id) is not { } live) return false;
                seen.Add(live.OverallProgress);
                return live.Status.IsTerminal();
            },
            TimeSpan.FromSeconds(60),
            "the end to show");

        Assert.Equal(seen.Order(), seen);
        Assert.All(seen, progress => Assert.Equal(Math.Round(progress, 1), progress));
        Assert.True(seen.Distinct().Count() > 8, $"Only saw {string.Join(", ", seen.Distinct())}.");
        Assert.Equal(100, seen[^1]);
    }

    [Fact]
    public async Task Commands_while_playing_act_on_all_agents()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, turtle, [TurtleTopic], agents: 5, seconds: 600, playback: new PlaybackOptions { Rate = 0.1 }));
        var grain = fixture.Worker.Execution(id);
        await grain.Start();
        await Wait.UntilAsync(async () => (await grain.GetState()).MessagesOut > 0, TimeSpan.FromSeconds(20), "messages");

        await grain.Pause();
        await Wait.UntilAsync(async () => RunSentences.InEnglish((await grain.GetState()).Message) == "Paused.", TimeSpan.FromSeconds(30), "the pause to show");
        await grain.Resume();
        await grain.Seek(TimeSpan.FromSeconds(7));
        await grain.SetRate(50);
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.InRange(ended.MessagesOut, 5, (5 * 113) - 1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.SetRate(101));
    }

    [Fact]
    public async Task A_command_whose_caller_has_not_seen_the_last_one_is_refused()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, turtle, [TurtleTopic], agents: 1, seconds: 600, playback: new PlaybackOptions { Loop = true }));
        var grain = fixture.Worker.Execution(id);
        await grain.Start();

        var given = await Task.WhenAll(grain.Command(new RunCommand.Pause(), seen: 0), grain.Command(new RunCommand.Resume(), seen: 0));
        var late = await grain.Command(new RunCommand.Stop(), seen: 0);
        var row = await Scenario.QueryAsync(async database => (await database.Executions.FindAsync(id))!);

        Assert.Equal([RunStatus.Running, null], given);
        Assert.Null(late);
        Assert.Equal((1, false, true), (row.CommandEpoch, row.StopRequested, row.PausedAt is not null));
        Assert.Equal(RunStatus.Stopped, await grain.Command(new RunCommand.Stop(), seen: 1));
    }

    private Task<int> ExecuteAsync(string statements) =>
        Scenario.QueryAsync(database => database.Database.ExecuteSqlRawAsync(statements.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)));
}
