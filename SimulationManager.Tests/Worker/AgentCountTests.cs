using System.Text;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Agents are added to, and removed from, a part that plays.</summary>
public sealed class AgentCountTests(OneWorker fixture) : IClassFixture<OneWorker>
{
    private const string TurtleTopic = "/turtle1/cmd_vel";
    private const int MessagesPerPass = 113;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>A pass of 7.65 s takes so long that nothing ends by itself.</summary>
    private static readonly PlaybackOptions Slow = new() { Rate = 0.1 };

    private Scenario Scenario => fixture.Scenario;

    [Fact]
    public async Task Agents_that_are_added_play_the_whole_bag_and_those_that_are_removed_are_stopped()
    {
        var (id, grain) = await StartAsync(Part(3, agents: 3));

        Assert.Equal(RunStatus.Running, await ChangeAsync(grain, 4));
        await UntilAllFollowAsync(grain, agents: 7);
        Assert.Equal(RunStatus.Running, await ChangeAsync(grain, -2, part: 3));
        await UntilEndedAsync(id, 6, 7);
        var live = Assert.Single((await grain.GetState()).Parts);
        await grain.SetRate(50);
        var ended = await Scenario.WaitForEndAsync(id, Limit);

        var part = Assert.Single(ended.Parts);
        var instances = await Scenario.ReadInstancesAsync(id);
        Assert.Equal((RunStatus.Completed, RunStatus.Completed, 1, 5), (ended.Status, part.Status, part.CurrentRepeat, part.AutonomousAgents));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], instances.Select(instance => instance.InstanceId));
        Assert.All(instances[..5], instance => Assert.Equal((RunStatus.Completed, MessagesPerPass, 1), (instance.Status, instance.MessagesOut, instance.RepeatsCompleted)));
        Assert.All(instances[5..], instance => Assert.Equal((RunStatus.Stopped, 0), (instance.Status, instance.RepeatsCompleted)));
        Assert.All(instances[5..], instance => Assert.InRange(instance.MessagesOut, 0, MessagesPerPass - 1));
        Assert.Equal((7 * MessagesPerPass, instances.Sum(instance => instance.MessagesOut)), (part.MessagesPlanned, part.MessagesOut));
        Assert.DoesNotContain("time limit", RunSentences.InEnglish(ended.Message), StringComparison.Ordinal);
        Assert.Equal(["4: 4–7", "-2: 6–7"], part.AgentChanges.Select(Shown));
        Assert.All(part.AgentChanges, change => Assert.InRange(change.At, part.StartedAt!.Value, part.EndedAt!.Value));
        Assert.Equal((5, 2), (live.AutonomousAgents, live.AgentChanges.Count));
        // What was asked for at the start stays.
        Assert.Equal(3, Assert.Single(ended.Plan.Parts).AutonomousAgentCount);
    }

    [Fact]
    public async Task Agents_of_several_groups_get_the_next_numbers_of_the_run()
    {
        var (id, grain) = await StartAsync(Part(41, agents: 2), Part(17, agents: 3));

        await ChangeAsync(grain, 2, part: 17);
        await ChangeAsync(grain, 1, part: 41);
        await ChangeAsync(grain, -1, part: 17);
        await UntilAllFollowAsync(grain, agents: 7);
        await grain.SetRate(50);
        var ended = await Scenario.WaitForEndAsync(id, Limit);

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(
            [(1, 41), (2, 41), (3, 17), (4, 17), (5, 17), (6, 17), (7, 17), (8, 41)],
            (await Scenario.ReadInstancesAsync(id)).Select(instance => ((int)instance.InstanceId, (int)instance.PartNumber)));
        Assert.Equal([7], (await Scenario.ReadInstancesAsync(id)).Where(instance => instance.Status == RunStatus.Stopped).Select(instance => instance.InstanceId));
    }

    [Fact]
    public async Task Agents_that_are_added_while_the_run_is_paused_stand_at_the_start_and_owe_no_step_of_before()
    {
        var (id, grain) = await StartAsync(Part(1, agents: 2));
        await grain.Pause();
        await grain.Command(new RunCommand.Release(5), long.MaxValue);

        await ChangeAsync(grain, 2);
        await UntilAllFollowAsync(grain, agents: 4);
        await grain.Command(new RunCommand.Release(1), long.MaxValue);
        await Wait.UntilAsync(async () => await OutAsync(id, 3) == 1 && await OutAsync(id, 4) == 1, Limit, "one step of each");
        await UntilAllFollowAsync(grain, agents: 4);
        Assert.Equal((1, 1), (await OutAsync(id, 3), await OutAsync(id, 4)));
        await grain.Resume();
        await grain.SetRate(50);

        Assert.Equal(RunStatus.Completed, (await Scenario.WaitForEndAsync(id, Limit)).Status);
        Assert.All(await Scenario.ReadInstancesAsync(id), instance => Assert.Equal(MessagesPerPass, instance.MessagesOut));
    }

    [Fact]
    public async Task A_change_that_is_delivered_again_is_made_once()
    {
        var (id, grain) = await StartAsync(Part(1, agents: 1));
        var change = new RunCommand.ChangeAgents(Guid.NewGuid(), null, 2);

        RunStatus?[] answers = [.. await Task.WhenAll(grain.Command(change, seen: 0), grain.Command(change, seen: 0)), await grain.Command(change, seen: 0)];
        await grain.SetRate(50);

        Assert.All(answers, answer => Assert.Equal(RunStatus.Running, answer));
        Assert.Equal(3, Assert.Single((await Scenario.WaitForEndAsync(id, Limit)).Parts).AutonomousAgents);
        Assert.Equal(3, (await Scenario.ReadInstancesAsync(id)).Count);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_reason_and_changes_nothing()
    {
        var (id, grain) = await StartAsync(Part(1, agents: 2), Part(2, agents: 1));

        Assert.Equal(AgentChangeRefusal.SeveralPartsPlay, await RefusalAsync(grain, 1));
        Assert.Equal(AgentChangeRefusal.UnknownPart, await RefusalAsync(grain, 1, part: 3));
        Assert.Equal(AgentChangeRefusal.TooManyAgents, await RefusalAsync(grain, ExecutionPlan.MaxAgentsPerPart - 1, part: 1));
        Assert.Equal(AgentChangeRefusal.NoneRemain, await RefusalAsync(grain, -2, part: 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ChangeAsync(grain, 0, part: 1));
        await grain.Stop();

        Assert.All((await Scenario.ReadAsync(id)).Parts, part => Assert.Empty(part.AgentChanges));
        Assert.Equal(3, (await Scenario.ReadInstancesAsync(id)).Count);
    }

    [Fact]
    public async Task Agents_that_have_ended_do_not_count_as_those_that_remain()
    {
        // Staggered agents end at different times.
        var (id, grain) = await StartAsync(Part(1, agents: 6) with { Fleet = new FleetOptions { Seed = 3, Stagger = new StaggerOptions(null) }, Playback = new PlaybackOptions { Rate = 0.5 } });
        await Wait.UntilAsync(async () => (await EndedAsync(id)).Length >= 1, Limit, "an agent to end");
        await grain.Pause();
        await UntilAllFollowAsync(grain, agents: 6);
        // Who has ended is told by the checkpoints, which are saved once a second.
        var at = DateTimeOffset.UtcNow;
        await Wait.UntilAsync(async () => (await CohortAsync(id)).UpdatedAt > at, Limit, "a checkpoint");
        long[] ended = [.. CohortCheckpoint.FromBytes((await CohortAsync(id)).Checkpoint).Agents.Where(agent => agent.State.HasEnded()).Select(agent => agent.InstanceId)];
        Assert.InRange(ended.Length, 1, 4);

        Assert.Equal(AgentChangeRefusal.NoneRemain, await RefusalAsync(grain, -(6 - ended.Length)));
        await ChangeAsync(grain, -1);
        await grain.Resume();
        await grain.SetRate(50);
        var run = await Scenario.WaitForEndAsync(id, Limit);

        var expected = Enumerable.Range(1, 6).Select(number => (long)number).Except(ended).Max();
        Assert.Equal([expected], (await Scenario.ReadInstancesAsync(id)).Where(instance => instance.Status == RunStatus.Stopped).Select(instance => instance.InstanceId));
        Assert.Equal(RunStatus.Completed, run.Status);
    }

    [Fact]
    public async Task Messages_that_staggered_agents_leave_out_are_not_planned_also_of_those_that_were_added()
    {
        var (id, grain) = await StartAsync(Part(1, agents: 3) with { Fleet = new FleetOptions { Seed = 5, Stagger = new StaggerOptions(null), Ramp = new RampOptions(20, null) } });

        await ChangeAsync(grain, 3);
        await UntilAllFollowAsync(grain, agents: 6);
        await grain.SetRate(50);
        var part = Assert.Single((await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(90))).Parts);

        Assert.Equal(RunStatus.Completed, part.Status);
        Assert.InRange(part.MessagesOut, 1, (6 * MessagesPerPass) - 1);
        Assert.Equal(part.MessagesPlanned, part.MessagesOut);
    }

    [Fact]
    public async Task An_agent_that_is_removed_says_goodbye_while_the_others_play_and_its_counts_stay()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var subscriber = await broker.SubscribeAsync("fleet/#", quality: 1);
        var (id, grain) = await StartAsync(Part(1, agents: 2) with { Output = new PlannedOutput { Simulation = "7", Endpoints = [broker.Address("qos=1&connection=agent")] } });
        await ChangeAsync(grain, 1);
        await UntilAllFollowAsync(grain, agents: 3);
        await subscriber.UntilAsync(messages => messages.Any(message => message.Topic.Contains("instance-7-3/turtle1", StringComparison.Ordinal)), "the agent that was added");

        await ChangeAsync(grain, -1);
        await subscriber.UntilAsync(messages => messages.Any(message => IsStatus(message, "instance-7-3", "offline")), "its goodbye");
        Assert.DoesNotContain(subscriber.Messages, message => IsStatus(message, "instance-7-1", "offline"));
        await grain.SetRate(50);
        var ended = await Scenario.WaitForEndAsync(id, Limit);

        var removed = (await Scenario.ReadInstancesAsync(id))[2];
        Assert.Equal((RunStatus.Completed, RunStatus.Stopped), (ended.Status, removed.Status));
        Assert.Equal(removed.MessagesOut, Assert.Single(removed.Endpoints).Acknowledged);
        await subscriber.UntilAsync(messages => messages.Count(message => !message.Topic.EndsWith("_status", StringComparison.Ordinal)) == ended.MessagesOut, "every message");
    }

    [Fact]
    public async Task Agents_that_are_added_are_told_as_events()
    {
        var (id, grain) = await StartAsync(Part(1, agents: 1));
        var before = await grain.GetState();

        await ChangeAsync(grain, 2);
        await ChangeAsync(grain, -1);
        var after = await grain.GetState();
        await grain.Stop();

        var plan = (await Scenario.ReadAsync(id)).Plan;
        Assert.True(LiveEvents.IsTransition(before, after));
        Assert.Equal([("instance.started", 2), ("instance.started", 3)], LiveEvents.InstancesStarted(before, after, plan).Select(told => (told.Type, (int)told.InstanceId!)));
    }

    private static bool IsStatus(Received message, string agent, string presence) =>
        message.Topic.EndsWith($"{agent}/_status", StringComparison.Ordinal) && Encoding.UTF8.GetString(message.Payload) == presence;

    private static string Shown(AgentCountChange change) => $"{change.Count}: {string.Join(", ", change.Agents.Select(range => $"{range.First}–{range.Last}"))}";

    private static Task<RunStatus?> ChangeAsync(IExecutionGrain grain, int count, long? part = null) => grain.Command(new RunCommand.ChangeAgents(Guid.NewGuid(), part, count), long.MaxValue);

    private static async Task<AgentChangeRefusal> RefusalAsync(IExecutionGrain grain, int count, long? part = null) =>
        (await Assert.ThrowsAsync<AgentChangeRefusedException>(() => ChangeAsync(grain, count, part))).Reason;

    private static Task UntilAllFollowAsync(IExecutionGrain grain, int agents) => Wait.UntilAsync(
        async () => (await grain.GetState()).Playback is { Agents: var all, AgentsReached: var reached } && (all, reached) == (agents, agents), Limit, $"{agents} agents to play as asked");

    private static PlannedPart Part(long number, int agents) => Scenario.Part(number, [], [TurtleTopic], agents, seconds: 600, playback: Slow);

    private async Task<(long Id, IExecutionGrain Grain)> StartAsync(params PlannedPart[] parts)
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(PatternType.Parallel, [.. parts.Select(part => part with { Files = turtle })]);
        var grain = fixture.Worker.Execution(id);
        await grain.Start();
        await Wait.UntilAsync(async () => (await grain.GetState()).Parts.All(part => part.MessagesOut > 0), Limit, "all parts to play");
        return (id, grain);
    }

    private Task<ExecutionCohort> CohortAsync(long id) => Scenario.QueryAsync(database => database.ExecutionCohorts.AsNoTracking().SingleAsync(cohort => cohort.ExecutionId == id));

    private Task UntilEndedAsync(long id, params long[] agents) => Wait.UntilAsync(async () => (await EndedAsync(id)).Intersect(agents).Count() == agents.Length, Limit, "agents to end");

    private async Task<long[]> EndedAsync(long id) => [.. (await LiveAsync(id)).Where(agent => agent.Status.IsTerminal()).Select(agent => agent.InstanceId)];

    private async Task<int> OutAsync(long id, long agent) => (int)(await LiveAsync(id)).Where(live => live.InstanceId == agent).Select(live => live.MessagesOut).SingleOrDefault();

    /// <summary>The run's agents as its viewers see them.</summary>
    private async Task<IEnumerable<LiveAgent>> LiveAsync(long id) => (await fixture.Worker.Get<LiveAgentStore>().ReadAsync(id, 1, 100)).Values.Select(pair => pair.Agent);
}
