using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Replay;

/// <summary>When agents of a fleet join, where they begin, and how late their messages are due.</summary>
public sealed class FleetTests
{
    private const long Millisecond = 1_000_000;

    /// <summary>101 messages, 10 ms apart.</summary>
    private static readonly ReplayTimeline s_second = HandDrivenEngine.Timeline([.. Enumerable.Range(0, 101).Select(index => index * 10.0)]);

    [Theory]
    [InlineData(null, new long[] { 0, 400, 800, 1200, 1600, 2000 })]
    [InlineData(3, new long[] { 0, 0, 1000, 1000, 2000, 2000 })]
    [InlineData(2, new long[] { 0, 0, 0, 2000, 2000, 2000 })]
    public async Task Agents_join_in_the_order_of_their_numbers_whatever_the_rate(int? steps, long[] expected)
    {
        var play = HandDrivenEngine.Play(s_second, agents: 6) with
        {
            Rate = 4,
            Fleet = HeardFleet.Plan(6) with { Ramp = TimeSpan.FromSeconds(2), RampSteps = steps },
        };

        var (heard, _) = await HeardFleet.PlayAsync(play, milliseconds: 2300);

        var firsts = heard.GroupBy(message => message.Agent).Select(agent => agent.First()).ToArray();
        Assert.Equal(expected, firsts.Select(message => (message.DueAt - firsts[0].DueAt) / Millisecond));
        Assert.Equal(6 * 101, heard.Length);
    }

    [Fact]
    public async Task Agent_joins_by_its_number_wherever_it_plays_and_a_pause_holds_what_is_left()
    {
        await using var fleet = new HeardFleet();
        var plan = HeardFleet.Plan(5) with { FirstAgent = 101, Ramp = TimeSpan.FromMilliseconds(400) };
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second) with { InstanceIds = [104], Fleet = plan });

        fleet.Play(100);
        fleet.Engine.Run(cohort.PauseAsync());
        Assert.Equal(-200 * Millisecond, fleet.Engine.SnapshotOne(cohort).Position);
        fleet.Play(1000);
        fleet.Engine.Run(cohort.ResumeAsync());
        fleet.Play(199);
        Assert.Equal(0, fleet.Engine.SnapshotOne(cohort).MessagesOut);
        fleet.Play(1);

        Assert.Equal((1L, 0L), (fleet.Engine.SnapshotOne(cohort).MessagesOut, fleet.Engine.SnapshotOne(cohort).Position));
    }

    [Fact]
    public async Task Agent_that_joins_later_waits_for_no_ramp_and_begins_where_its_number_says()
    {
        await using var fleet = new HeardFleet();
        var plan = HeardFleet.Plan(2) with { Ramp = TimeSpan.FromSeconds(2), Stagger = TimeSpan.FromSeconds(1) };
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second) with { InstanceIds = [7, 8], Fleet = plan });
        var (one, other) = (cohort.PhaseOf(7), cohort.PhaseOf(8));
        fleet.Play(1);

        Assert.NotEqual(one, other);
        Assert.All(fleet.Engine.Snapshot(cohort), agent => Assert.Equal(AgentState.Playing, agent.State));
        Assert.Equal(
            [cohort.MessagesLeftOutBy(7), cohort.MessagesLeftOutBy(8)],
            new[] { one, other }.Select(phase => (long)Enumerable.Range(0, 101).Count(index => index * 10 * Millisecond < phase)));
        fleet.Play(1000);
        Assert.All(fleet.Engine.Snapshot(cohort), agent => Assert.Equal(101 - cohort.MessagesLeftOutBy(agent.InstanceId), agent.MessagesOut));
    }

    [Fact]
    public void Agents_that_are_ended_by_their_numbers_put_out_nothing_more_and_the_others_end_the_cohort()
    {
        using var engine = new HandDrivenEngine();
        var cohort = engine.Begin(s_second, agents: 4);
        engine.Advance(500);

        engine.Run(cohort.StopAsync(agent => agent > 2));
        var left = engine.Engine.GetLoad().MessageRate;
        engine.Advance(600);

        Assert.Equal([101, 101, 51, 51], engine.Snapshot(cohort).Select(agent => (int)agent.MessagesOut));
        Assert.Equal([AgentState.Completed, AgentState.Completed, AgentState.Stopped, AgentState.Stopped], engine.Snapshot(cohort).Select(agent => agent.State));
        Assert.True(cohort.Ended.IsCompleted);
        Assert.Equal(202, left, 0.5);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(null, 2)]
    [InlineData(100, 1)]
    public async Task First_pass_begins_at_a_position_by_chance_and_later_ones_are_whole(int? within, double rate)
    {
        var play = HandDrivenEngine.Play(s_second, agents: 40, repeats: 2) with
        {
            Rate = rate,
            Fleet = HeardFleet.Plan(40) with { Stagger = within is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.MaxValue },
        };
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(play);
        var start = fleet.Engine.Engine.Clock.Now;
        fleet.Play(2100);
        var heard = await fleet.HeardAsync();

        var agents = heard.GroupBy(message => message.Agent).ToArray();
        var firsts = agents.Select(agent => agent.First()).ToArray();
        Assert.InRange(firsts.Max(message => message.Index), (within ?? 1000) / 15, (within ?? 1000) / 10);
        Assert.InRange(firsts.Select(message => message.Index).Distinct().Count(), 6, 40);
        // Nobody waits longer than it is to the message after its position.
        Assert.All(firsts, message => Assert.InRange(message.DueAt - start, 0, 10 * Millisecond / rate));
        Assert.All(agents, agent => Assert.Equal(Enumerable.Range(0, 101), agent.Where(message => message.Repeat == 1).Select(message => message.Index)));
        Assert.Equal((40 * 2 * 101) - cohort.MessagesLeftOut, heard.Length);
        Assert.Equal(heard.Length, fleet.Engine.Snapshot(cohort).Sum(agent => agent.MessagesOut));
        Assert.All(fleet.Engine.Snapshot(cohort), agent => Assert.Equal((AgentState.Completed, 2), (agent.State, agent.RepeatsDone)));
    }

    [Fact]
    public async Task Messages_are_late_by_chance_within_bounds_and_in_order()
    {
        const long Jitter = 35 * Millisecond;
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, agents: 5, repeats: 3) with { Fleet = HeardFleet.Plan(5) with { Jitter = TimeSpan.FromMilliseconds(35) } });
        var start = fleet.Engine.Engine.Clock.Now;
        fleet.Play(3100);
        var heard = await fleet.HeardAsync();

        Assert.Equal(5 * 3 * 101, heard.Length);
        long[] jitters = [.. heard.Select(message => message.DueAt - start - ((message.Repeat * 1000L) + (message.Index * 10L)) * Millisecond)];
        Assert.All(jitters, jitter => Assert.InRange(jitter, 0, Jitter));
        Assert.True(jitters.Max() > Jitter * 0.9 && jitters.Min() < Jitter * 0.1);
        Assert.All(heard.GroupBy(message => message.Agent), agent =>
        {
            Assert.Equal(agent.Select(message => (message.Repeat * 101) + message.Index), Enumerable.Range(0, 303));
            Assert.Equal(agent.Select(message => message.DueAt).Order(), agent.Select(message => message.DueAt));
        });
        Assert.True(heard.Where(message => message.Agent == 1).Zip(heard.Where(message => message.Agent == 2)).Count(pair => pair.First.DueAt == pair.Second.DueAt) < 50);
        // Against the time at which it was due, nothing was later than a step of the test.
        Assert.All(cohort.InstanceIds, agent => Assert.InRange(cohort.LatenessOf(agent).Max, 0, 1063));
    }

    [Fact]
    public async Task Pauses_leave_due_times_as_they_are()
    {
        var play = HandDrivenEngine.Play(s_second, agents: 3) with { Fleet = HeardFleet.Plan(3) with { Jitter = TimeSpan.FromMilliseconds(40), Stagger = TimeSpan.FromSeconds(1) } };
        var (expected, _) = await HeardFleet.PlayAsync(play, milliseconds: 1100);
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(play);

        for (var step = 0; step < 1100; step++)
        {
            fleet.Play(1);
            fleet.Engine.Run(cohort.PauseAsync());
            fleet.Engine.Run(cohort.ResumeAsync());
        }

        Assert.Equal(expected.Select(Identity), (await fleet.HeardAsync()).Select(Identity));
    }

    [Fact]
    public async Task Same_seed_gives_the_same_run_and_another_one_another()
    {
        CohortPlay Play(long seed) => HandDrivenEngine.Play(s_second, agents: 20, repeats: 2) with { Fleet = Everything(20, seed) };

        var (one, counts) = await HeardFleet.PlayAsync(Play(7), milliseconds: 3000);
        var (again, countsAgain) = await HeardFleet.PlayAsync(Play(7), milliseconds: 3000);
        var (other, _) = await HeardFleet.PlayAsync(Play(8), milliseconds: 3000);

        Assert.Equal(one.Select(Identity), again.Select(Identity));
        Assert.Equal(counts, countsAgain);
        Assert.NotEqual(one.Select(Identity), other.Select(Identity));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public async Task Agents_that_go_on_elsewhere_play_what_they_would_have_played(double rate, bool isDetached)
    {
        var play = HandDrivenEngine.Play(s_second, agents: 8, repeats: 3) with { Rate = rate, Fleet = Everything(8, seed: 3) };
        var (expected, expectedAgents) = await HeardFleet.PlayAsync(play, milliseconds: 4000);
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(play);

        // Before all have joined, within the first pass, at the turn of a pass, and later.
        foreach (var until in new[] { 150, 500, 1008, 1500 })
        {
            while (fleet.Engine.Engine.Clock.Now - 1_000_000_000_000 < until * Millisecond) fleet.Play(1);
            var checkpoint = new CohortCheckpoint(isDetached ? await TakeAsync(fleet, cohort) : fleet.Engine.Snapshot(cohort), new LatenessHistogram());
            fleet.Engine.Run(cohort.StopAsync());
            cohort = fleet.Begin(play with
            {
                From = CohortCheckpoint.FromBytes(checkpoint.ToBytes()).Agents.ToDictionary(agent => agent.InstanceId),
                FromAt = isDetached ? fleet.Engine.Engine.Clock.Now : null,
                InstanceIds = [.. checkpoint.Agents.Select(agent => agent.InstanceId)],
            });
        }
        fleet.Play(3000);

        long[] kept = [.. cohort.InstanceIds.Order()];
        Assert.Equal(expected.Where(message => kept.Contains(message.Agent)).Select(Identity), (await fleet.HeardAsync()).Where(message => kept.Contains(message.Agent)).Select(Identity));
        Assert.Equal(
            expectedAgents.Where(agent => kept.Contains(agent.InstanceId)).Select(agent => (agent.MessagesOut, agent.Faults, agent.State)),
            fleet.Engine.Snapshot(cohort).Select(agent => (agent.MessagesOut, agent.Faults, agent.State)));
    }

    [Fact]
    public void Fleet_allocates_nothing_per_message()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 1 });
        var plan = Everything(10, seed: 1);
        engine.Begin(HandDrivenEngine.Play(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 100_000).Select(index => index * 0.1)]), agents: 10, repeats: 2) with
        {
            Fleet = plan with { Faults = [.. plan.Faults, new FleetFault { Kind = FleetFaultKind.Delay, Rate = 0.2, Delay = TimeSpan.FromMilliseconds(45) }, new FleetFault { Kind = FleetFaultKind.Reorder, Rate = 0.2 }] },
        });
        for (var step = 0; step < 2500; step++) engine.Advance(1);
        var (outBefore, before) = (engine.Engine.MessagesOut, GC.GetAllocatedBytesForCurrentThread());

        for (var step = 0; step < 1000; step++)
        {
            engine.Time.AdvanceNanoseconds(Millisecond);
            engine.Engine.RunDue();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(engine.Engine.MessagesOut - outBefore, 90_000, 110_000);
    }

    private static FleetPlan Everything(int agents, long seed) => HeardFleet.Plan(
        agents, seed,
        new FleetFault { Kind = FleetFaultKind.Drop, Rate = 0.1, Share = 0.5 },
        new FleetFault { Kind = FleetFaultKind.Duplicate, Rate = 0.1 },
        new FleetFault { Kind = FleetFaultKind.Freeze, First = 2, Last = 5, At = TimeSpan.FromMilliseconds(300), For = TimeSpan.FromMilliseconds(100), Every = TimeSpan.FromMilliseconds(500) }) with
    {
        Ramp = TimeSpan.FromMilliseconds(300),
        Stagger = TimeSpan.MaxValue,
        Jitter = TimeSpan.FromMilliseconds(30),
    };

    private static async Task<AgentCheckpoint[]> TakeAsync(HeardFleet fleet, ReplayCohort cohort)
    {
        var detaching = cohort.DetachAsync(100);
        fleet.Engine.Run(detaching);
        var detached = await detaching;
        cohort.Forget(detached);
        return [.. detached.Agents];
    }

    private static (long Agent, int Repeat, int Index, long DueAt) Identity(ReplayMessage message) => (message.Agent, message.Repeat, message.Index, message.DueAt);
}
