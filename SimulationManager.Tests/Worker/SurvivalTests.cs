using Microsoft.EntityFrameworkCore;
using Npgsql;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Tests that break servers, one after another on the same ones.</summary>
[CollectionDefinition(Name)]
[Trait("Length", "Long")]
public sealed class SurvivalCollection : ICollectionFixture<OwnServers>
{
    public const string Name = "Survival";
}

/// <summary>The servers of these tests alone.</summary>
public sealed class OwnServers : IAsyncLifetime
{
    internal BackingServers Servers { get; } = new();

    public async ValueTask InitializeAsync() => await Servers.InitializeAsync();

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

/// <summary>Parts of the system die in the middle of a run, and it ends right all the same.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class SurvivalTests(OwnServers fixture)
{
    private const string TurtleTopic = "/turtle1/cmd_vel";

    /// <summary>The bag takes 7.65 s at recorded speed.</summary>
    private const int MessagesPerPass = 113;

    private BackingServers Servers => fixture.Servers;

    [Fact]
    public async Task Run_survives_the_only_worker_being_shut_down_and_started_again()
    {
        var settings = Servers.Settings(nameof(Run_survives_the_only_worker_being_shut_down_and_started_again));
        long id;
        await using (var first = await WorkerHost.StartAsync(settings))
        {
            var scenario = new Scenario(first.Services);
            id = await CreateAsync(scenario, agents: 10, repeats: 2);
            await first.Execution(id).Start();
            await Wait.UntilAsync(async () => (await first.Execution(id).GetState()).MessagesOut > 200, TimeSpan.FromSeconds(20), "messages");
        }

        await using var second = await WorkerHost.StartAsync(settings);
        var ended = await new Scenario(second.Services).WaitForEndAsync(id, TimeSpan.FromSeconds(60));

        await AssertCompleteAsync(new Scenario(second.Services), ended, agents: 10, repeats: 2);
        Assert.NotEmpty(ended.Parts.Single().Gaps);
    }

    [Fact]
    public async Task Agents_of_a_killed_silo_go_on_elsewhere_within_fifteen_seconds_and_no_message_is_counted_twice()
    {
        var settings = Servers.Settings(nameof(Agents_of_a_killed_silo_go_on_elsewhere_within_fifteen_seconds_and_no_message_is_counted_twice));
        await using var survivor = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var scenario = new Scenario(survivor.Services);
        var id = await CreateAsync(scenario, agents: 100, repeats: 4);
        await WaitForCohortsAsync(scenario, id, 2);
        await Wait.UntilAsync(async () => (await survivor.Execution(id).GetState()).MessagesOut > 3000, TimeSpan.FromSeconds(20), "messages");

        await victim.KillAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(90));

        await AssertCompleteAsync(scenario, ended, agents: 100, repeats: 4);
        var gap = Assert.Single(ended.Parts.Single().Gaps);
        Assert.Equal(50, gap.Agents);
        Assert.InRange((gap.To - gap.From).TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task Run_goes_on_when_all_silos_were_killed_and_one_is_back()
    {
        var settings = Servers.Settings(nameof(Run_goes_on_when_all_silos_were_killed_and_one_is_back));
        var worker = await WorkerProcess.StartAsync(settings);
        await using var reader = await ReaderAsync();
        var scenario = reader.Scenario;
        var id = await CreateAsync(scenario, agents: 10, repeats: 2);
        await Wait.UntilAsync(async () => (await scenario.ReadAsync(id)).MessagesOut > 0, TimeSpan.FromSeconds(30), "saved progress");

        await worker.KillAsync();
        await worker.DisposeAsync();
        await using var next = await WorkerProcess.StartAsync(settings);
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(90));

        await AssertCompleteAsync(scenario, ended, agents: 10, repeats: 2);
    }

    [Fact]
    public async Task Agents_that_were_added_and_removed_stay_so_when_a_silo_is_killed_right_after()
    {
        var settings = Servers.Settings(nameof(Agents_that_were_added_and_removed_stay_so_when_a_silo_is_killed_right_after));
        await using var caller = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await caller.WaitForSilosAsync(2);
        var scenario = new Scenario(caller.Services);
        var id = await CreateAsync(scenario, agents: 60, repeats: 4);
        await WaitForCohortsAsync(scenario, id, 2);
        await Wait.UntilAsync(async () => (await caller.Execution(id).GetState()).MessagesOut > 1000, TimeSpan.FromSeconds(20), "messages");

        // Those that are added go to the silo that dies as well, which may not even have begun to make them ready.
        var added = await caller.Execution(id).Command(new RunCommand.ChangeAgents(Guid.NewGuid(), null, 60), long.MaxValue);
        var removed = await caller.Execution(id).Command(new RunCommand.ChangeAgents(Guid.NewGuid(), null, -10), long.MaxValue);
        await victim.KillAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(120));

        Assert.Equal((RunStatus.Running, RunStatus.Running), (added, removed));
        var part = Assert.Single(ended.Parts);
        var instances = await scenario.ReadInstancesAsync(id);
        Assert.Equal((RunStatus.Completed, 110), (ended.Status, part.AutonomousAgents));
        Assert.Equal(Enumerable.Range(1, 120).Select(number => (long)number), instances.Select(instance => instance.InstanceId));
        Assert.All(instances[..110], instance => Assert.Equal((RunStatus.Completed, 4L * MessagesPerPass), (instance.Status, instance.MessagesOut)));
        Assert.All(instances[110..], instance => Assert.Equal(RunStatus.Stopped, instance.Status));
        Assert.Equal((120L * 4 * MessagesPerPass, instances.Sum(instance => instance.MessagesOut)), (part.MessagesPlanned, part.MessagesOut));
    }

    [Fact]
    public async Task Run_whose_limit_passed_while_no_silo_was_there_ends_completed_with_what_was_played()
    {
        var settings = Servers.Settings(nameof(Run_whose_limit_passed_while_no_silo_was_there_ends_completed_with_what_was_played));
        var worker = await WorkerProcess.StartAsync(settings);
        await using var reader = await ReaderAsync();
        var scenario = reader.Scenario;
        var id = await CreateAsync(scenario, agents: 2, repeats: 100, seconds: 8);
        await Wait.UntilAsync(async () => (await scenario.ReadAsync(id)).MessagesOut > 0, TimeSpan.FromSeconds(30), "saved progress");
        // The run's row can be saved before its agents' first checkpoint, from which another worker continues.
        var played = DateTimeOffset.UtcNow;
        await Wait.UntilAsync(
            () => scenario.QueryAsync(database => database.ExecutionCohorts.AnyAsync(cohort => cohort.ExecutionId == id && cohort.UpdatedAt > played)), TimeSpan.FromSeconds(30), "a checkpoint");
        await worker.KillAsync();
        await worker.DisposeAsync();
        var started = (await scenario.ReadAsync(id)).Parts.Single().StartedAt!.Value;
        await Wait.UntilAsync(() => DateTimeOffset.UtcNow > started.AddSeconds(11), TimeSpan.FromSeconds(20), "the limit to pass");

        await using var next = await WorkerProcess.StartAsync(settings);
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Contains("time limit", RunSentences.InEnglish(ended.Message), StringComparison.Ordinal);
        var instances = await scenario.ReadInstancesAsync(id);
        Assert.Equal(2, instances.Count);
        Assert.Equal(ended.MessagesOut, instances.Sum(instance => instance.MessagesOut));
        Assert.InRange(ended.MessagesOut, 1, 2 * 2 * MessagesPerPass);
    }

    [Fact]
    public async Task Rolling_shutdown_loses_no_message_and_hands_over_at_the_exact_position()
    {
        var settings = Servers.Settings(nameof(Rolling_shutdown_loses_no_message_and_hands_over_at_the_exact_position));
        await using var stays = await WorkerHost.StartAsync(settings);
        await using var leaves = await WorkerProcess.StartAsync(settings);
        await stays.WaitForSilosAsync(2);
        var scenario = new Scenario(stays.Services);
        var id = await CreateAsync(scenario, agents: 100, repeats: 2);
        await WaitForCohortsAsync(scenario, id, 2);
        await Wait.UntilAsync(async () => (await stays.Execution(id).GetState()).MessagesOut > 3000, TimeSpan.FromSeconds(30), "messages");

        await leaves.TerminateAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));

        await AssertCompleteAsync(scenario, ended, agents: 100, repeats: 2);
        Assert.NotEmpty(ended.Parts.Single().Gaps);
        Assert.All(ended.Parts.Single().Gaps, gap => Assert.InRange((gap.To - gap.From).TotalSeconds, 0, 15));
    }

    /// <summary>What an autoscaler does to a silo that it takes away, at the worst time.</summary>
    [Fact]
    public async Task Shutdown_in_the_middle_of_a_checkpoint_ends_with_a_whole_one_from_where_all_agents_were_held()
    {
        var settings = Servers.Settings(nameof(Shutdown_in_the_middle_of_a_checkpoint_ends_with_a_whole_one_from_where_all_agents_were_held));
        await using var leaves = await WorkerProcess.StartAsync(settings);
        await using var reader = await ReaderAsync();
        var scenario = reader.Scenario;
        var id = await CreateAsync(scenario, agents: 10, repeats: 2);
        await Wait.UntilAsync(async () => (await scenario.ReadAsync(id)).MessagesOut > 100, TimeSpan.FromSeconds(60), "messages");
        await using var source = NpgsqlDataSource.Create(settings["ConnectionStrings:robotdb"]!);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);

        // While its row is locked, a checkpoint is being saved, and the last one waits for it.
        await using (var held = new NpgsqlCommand($"SELECT 1 FROM execution_cohorts WHERE execution_id = {id} FOR UPDATE", connection))
            await held.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        await WaitForCheckpointAsync(source);
        var ending = leaves.TerminateAsync();
        Assert.False(ending.IsCompleted);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        await ending;

        var saved = CohortCheckpoint.FromBytes(await scenario.QueryAsync(database => database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == id).Select(cohort => cohort.Checkpoint).SingleAsync()));
        Assert.Equal(10, saved.Agents.Count);
        Assert.All(saved.Agents, agent => Assert.Equal(AgentState.Paused, agent.State));
        await using var next = await WorkerProcess.StartAsync(settings);
        await AssertCompleteAsync(scenario, await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60)), agents: 10, repeats: 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Worker_drained_while_bundles_are_fetched_ends_and_the_run_begins_elsewhere(bool alone)
    {
        // Alone, the worker that goes also coordinates the run; otherwise either may.
        var settings = Servers.Settings($"{nameof(Worker_drained_while_bundles_are_fetched_ends_and_the_run_begins_elsewhere)}-{alone}");
        await using var leaves = await WorkerProcess.StartAsync(settings);
        await using var stays = await WorkerHost.BuildAsync(settings);
        if (!alone) await stays.JoinAsync(silos: 2);
        var scenario = new Scenario(stays.Services);
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        await Servers.StopStorageAsync();
        var id = await scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, turtle, [TurtleTopic], agents: 100, repeats: 1, seconds: 120));
        await WaitForCohortsAsync(scenario, id, alone ? 1 : 2);

        if (alone) await stays.JoinAsync(silos: 2);
        await leaves.TerminateAsync();
        await Servers.StartStorageAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));

        await AssertCompleteAsync(scenario, ended, agents: 100, repeats: 1);
    }

    [Fact]
    public async Task Restart_of_Redis_Postgres_and_S3_does_not_disturb_a_run()
    {
        var settings = Servers.Settings(nameof(Restart_of_Redis_Postgres_and_S3_does_not_disturb_a_run));
        await using var worker = await WorkerHost.StartAsync(settings);
        var scenario = new Scenario(worker.Services);
        var id = await CreateAsync(scenario, agents: 10, repeats: 2);
        await worker.Execution(id).Start();
        await Wait.UntilAsync(async () => (await worker.Execution(id).GetState()).MessagesOut > 100, TimeSpan.FromSeconds(20), "messages");

        await Servers.StopStorageAsync();
        await Servers.StartStorageAsync();
        await Servers.StopRedisAsync();
        await Servers.StartRedisAsync();
        await Servers.StopPostgresAsync();
        await Servers.StartPostgresAsync();
        var ended = await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));

        await AssertCompleteAsync(scenario, ended, agents: 10, repeats: 2);
    }

    [Fact]
    public async Task Cluster_stays_whole_when_Redis_comes_back_empty_again_and_again()
    {
        var settings = Servers.Settings(nameof(Cluster_stays_whole_when_Redis_comes_back_empty_again_and_again));
        await using var first = await WorkerProcess.StartAsync(settings);
        await using var second = await WorkerProcess.StartAsync(settings);
        await using var third = await WorkerProcess.StartAsync(settings);
        await using var joins = await WorkerHost.BuildAsync(settings);
        for (var restarts = 0; restarts < 3; restarts++)
        {
            await Servers.StopRedisAsync();
            await Servers.StartRedisAsync();
        }

        // A silo that joins knows those that the membership table lists, and counts those that answer.
        try
        {
            await joins.JoinAsync(silos: 4);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message} The workers say: {string.Join("\n---\n", first.Output, second.Output, third.Output)}", exception);
        }
    }

    private static async Task<long> CreateAsync(Scenario scenario, int agents, int repeats, int seconds = 120)
    {
        var turtle = await scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        return await scenario.CreateExecutionAsync(PatternType.Sequential, Scenario.Part(1, turtle, [TurtleTopic], agents, repeats, seconds));
    }

    private static Task WaitForCohortsAsync(Scenario scenario, long id, int count) => Wait.UntilAsync(
        async () => await scenario.QueryAsync(database => database.ExecutionCohorts.CountAsync(cohort => cohort.ExecutionId == id)) == count,
        TimeSpan.FromSeconds(30),
        $"agents to be given to {count} silo(s)");

    private static Task WaitForCheckpointAsync(NpgsqlDataSource source) => Wait.UntilAsync(
        async () =>
        {
            await using var waiting = source.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE execution_cohorts%'");
            return (long)(await waiting.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 1;
        },
        TimeSpan.FromSeconds(30),
        "a checkpoint to wait for the row");

    private static async Task AssertCompleteAsync(Scenario scenario, Execution ended, int agents, int repeats)
    {
        Assert.Equal((RunStatus.Completed, (long)agents * repeats * MessagesPerPass), (ended.Status, ended.MessagesOut));
        var instances = await scenario.ReadInstancesAsync(ended.Id);
        Assert.Equal(Enumerable.Range(1, agents).Select(id => (long)id), instances.Select(instance => instance.InstanceId));
        Assert.All(instances, instance => Assert.Equal((RunStatus.Completed, repeats, (long)repeats * MessagesPerPass), (instance.Status, instance.RepeatsCompleted, instance.MessagesOut)));
        Assert.Empty(await scenario.QueryAsync(database => database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == ended.Id).ToListAsync()));
    }

    /// <summary>Reads and writes the servers without being a silo of the cluster under test.</summary>
    private async Task<Reader> ReaderAsync() => new(await WorkerHost.BuildAsync(Servers.Settings("reader")));

    private sealed record Reader(WorkerHost Host) : IAsyncDisposable
    {
        public Scenario Scenario => new(Host.Services);

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
