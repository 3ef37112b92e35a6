using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>What goes wrong with messages of a fleet, exactly and counted.</summary>
public sealed class FleetFaultTests
{
    private const long Millisecond = 1_000_000;

    /// <summary>100 messages, 10 ms apart, on two topics by turns; a second long.</summary>
    private static readonly ReplayTimeline s_second =
        HandDrivenEngine.TimelineOf([.. Enumerable.Range(0, 100).Select(index => (index * 10 * Millisecond, index % 2))], ["/a", "/b"], 1000 * Millisecond);

    [Fact]
    public async Task Dropped_messages_are_those_of_the_topics_and_are_counted()
    {
        var (heard, agents) = await PlayAsync(1, new FleetFault { Kind = FleetFaultKind.Drop, Rate = 1, Topics = ["/b"] });

        Assert.Equal(Enumerable.Range(0, 50).Select(index => index * 2), heard.Select(message => message.Index));
        // They are out as far as the engine is concerned.
        Assert.Equal((100L, new FaultCounts(50, 0, 0, 0, 0, 0)), (agents[0].MessagesOut, agents[0].Faults));
    }

    [Fact]
    public async Task Rate_is_the_share_of_messages_that_are_met()
    {
        var (heard, agents) = await PlayAsync(50, new FleetFault { Kind = FleetFaultKind.Drop, Rate = 0.25 });

        Assert.Equal(5000 - heard.Length, agents.Sum(agent => agent.Faults.Dropped));
        Assert.InRange(agents.Sum(agent => agent.Faults.Dropped), 1100, 1400);
        Assert.All(agents, agent => Assert.Equal(agent.Faults.Dropped, 100 - heard.Count(message => message.Agent == agent.InstanceId)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Share_of_the_fleet_is_exact_and_drawn_by_the_seed(long seed)
    {
        var play = HandDrivenEngine.Play(s_second, agents: 20) with { Fleet = HeardFleet.Plan(20, seed, new FleetFault { Kind = FleetFaultKind.Drop, Rate = 1, Share = 0.3 }) };

        var (_, agents) = await HeardFleet.PlayAsync(play, 1001);

        Assert.Equal(6, agents.Count(agent => agent.Faults.Dropped == 100));
        Assert.Equal(14, agents.Count(agent => agent.Faults == default));
        Assert.NotEqual(Enumerable.Range(1, 6).Select(number => (long)number), agents.Where(agent => agent.Faults.Dropped > 0).Select(agent => agent.InstanceId));
    }

    [Fact]
    public async Task Agents_are_numbered_within_their_fleet()
    {
        var plan = HeardFleet.Plan(5, 1, new FleetFault { Kind = FleetFaultKind.Drop, Rate = 1, First = 2, Last = 3 }) with { FirstAgent = 11 };

        var (_, agents) = await HeardFleet.PlayAsync(HandDrivenEngine.Play(s_second) with { InstanceIds = [11, 12, 13, 14, 15], Fleet = plan }, 1001);

        Assert.Equal([12L, 13], agents.Where(agent => agent.Faults.Dropped == 100).Select(agent => agent.InstanceId));
        Assert.Equal(200, agents.Sum(agent => agent.Faults.Dropped));
    }

    [Fact]
    public async Task Duplicates_follow_their_messages_and_are_counted()
    {
        var (heard, agents) = await PlayAsync(1, new FleetFault { Kind = FleetFaultKind.Duplicate, Rate = 0.5 });

        Assert.Equal(100 + agents[0].Faults.Duplicated, heard.Length);
        Assert.InRange(agents[0].Faults.Duplicated, 30, 70);
        Assert.Equal(heard.Select(message => message.Index).Order(), heard.Select(message => message.Index));
        Assert.Equal(100, heard.Select(message => message.Index).Distinct().Count());
    }

    [Fact]
    public async Task Delayed_messages_let_others_pass_and_keep_their_due_times()
    {
        var (heard, agents) = await PlayAsync(1, new FleetFault { Kind = FleetFaultKind.Delay, Rate = 1, Topics = ["/b"], Delay = TimeSpan.FromMilliseconds(55) });

        Assert.Equal((100, 50L), (heard.Length, agents[0].Faults.Delayed));
        Assert.Equal([0, 2, 4, 6, 1, 8, 3, 10, 5], heard.Take(9).Select(message => message.Index));
        Assert.All(heard.Where(message => message.Index % 2 == 0), message => Assert.Equal(message.DueAt, message.SentAt));
        // Those that are held at the end go out then.
        Assert.All(heard.Where(message => message.Index % 2 == 1), message =>
            Assert.Equal(Math.Min(message.DueAt + (55 * Millisecond), heard[0].DueAt + (1000 * Millisecond)), message.SentAt));
    }

    [Fact]
    public async Task Delays_of_different_lengths_end_in_the_order_of_their_times()
    {
        var (heard, _) = await PlayAsync(
            1,
            new FleetFault { Kind = FleetFaultKind.Delay, Rate = 0.5, Delay = TimeSpan.FromMilliseconds(33) },
            new FleetFault { Kind = FleetFaultKind.Delay, Rate = 0.5, Delay = TimeSpan.FromMilliseconds(78) });

        Assert.Equal(heard.Select(message => message.SentAt).Order(), heard.Select(message => message.SentAt));
        Assert.Equal(Enumerable.Range(0, 100), heard.Select(message => message.Index).Order());
        long[] delays = [.. heard.Where(message => message.Index < 85).Select(message => (message.SentAt - message.DueAt) / Millisecond).Distinct().Order()];
        Assert.Equal([0, 33, 78, 111], delays);
    }

    [Fact]
    public async Task Pause_sends_what_is_held_and_steps_are_not_held()
    {
        await using var fleet = new HeardFleet();
        var plan = HeardFleet.Plan(1, 1, new FleetFault { Kind = FleetFaultKind.Delay, Rate = 1, Delay = TimeSpan.FromSeconds(10) }, new FleetFault { Kind = FleetFaultKind.Reorder, Rate = 1, Topics = ["/b"] });
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second) with { Fleet = plan });

        fleet.Play(95);
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.FromHours(1), Paused: true, 1, null)));
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.FromHours(1), Paused: true, 1, null, Released: 3)));
        fleet.Play(1);

        Assert.Equal(new FaultCounts(0, 10, 0, 0, 0, 0), fleet.Engine.SnapshotOne(cohort).Faults);
        Assert.Equal(Enumerable.Range(0, 13), (await fleet.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task Reordered_messages_change_places_with_the_next()
    {
        var (all, agents) = await PlayAsync(1, new FleetFault { Kind = FleetFaultKind.Reorder, Rate = 1 });
        var (some, someAgents) = await PlayAsync(1, new FleetFault { Kind = FleetFaultKind.Reorder, Rate = 0.3 });

        Assert.Equal(Enumerable.Range(0, 100).Select(index => index ^ 1), all.Select(message => message.Index));
        Assert.Equal(new FaultCounts(0, 0, 0, 50, 0, 0), agents[0].Faults);
        Assert.Equal(Enumerable.Range(0, 100), some.Select(message => message.Index).Order());
        Assert.Equal(someAgents[0].Faults.Reordered, some.Zip(some.Skip(1)).Count(pair => pair.First.Index > pair.Second.Index));
        Assert.InRange(someAgents[0].Faults.Reordered, 10, 40);
    }

    [Fact]
    public async Task Frozen_agent_loses_what_is_due_meanwhile_over_all_passes()
    {
        var fault = new FleetFault { Kind = FleetFaultKind.Freeze, At = TimeSpan.FromMilliseconds(250), For = TimeSpan.FromMilliseconds(100), Every = TimeSpan.FromMilliseconds(700) };
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, repeats: 2) with { Rate = 2, Fleet = HeardFleet.Plan(1, 1, fault) });
        fleet.Play(1001);
        var heard = await fleet.HeardAsync();

        // In time of the bag: 250–350, 950–1050 and 1650–1750.
        var lost = Enumerable.Range(0, 200).Where(number => number * 10 is (>= 250 and < 350) or (>= 950 and < 1050) or (>= 1650 and < 1750)).ToArray();
        Assert.Equal(Enumerable.Range(0, 200).Except(lost), heard.Select(message => (message.Repeat * 100) + message.Index));
        Assert.Equal((lost.Length, 200L), (fleet.Engine.SnapshotOne(cohort).Faults.Frozen, fleet.Engine.SnapshotOne(cohort).MessagesOut));
        Assert.Empty(fleet.Cuts);
    }

    [Fact]
    public async Task Frozen_agent_tells_no_time_and_a_frozen_topic_leaves_the_others()
    {
        var silent = new FleetFault { Kind = FleetFaultKind.Freeze, For = TimeSpan.FromMilliseconds(500) };
        await using var fleet = new HeardFleet();
        fleet.Begin(HandDrivenEngine.Play(s_second) with { ClockFrequency = 100, Fleet = HeardFleet.Plan(1, 1, silent) });
        fleet.Play(1000);
        var (heard, _) = await PlayAsync(1, silent with { Topics = ["/a"] });

        Assert.Equal(500 * Millisecond, (await fleet.HeardAsync()).Where(message => message.IsClock).Min(message => message.BagTime));
        Assert.Equal((50, 25), (heard.Count(message => message.Topic == "/b"), heard.Count(message => message.Topic == "/a")));
    }

    [Fact]
    public async Task Disconnected_agent_is_cut_off_once_a_spell_and_loses_what_is_due_meanwhile()
    {
        var fault = new FleetFault { Kind = FleetFaultKind.Disconnect, First = 2, At = TimeSpan.FromMilliseconds(200), For = TimeSpan.FromMilliseconds(300), Every = TimeSpan.FromMilliseconds(600) };
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, agents: 2) with { Fleet = HeardFleet.Plan(2, 1, fault) });
        var start = fleet.Engine.Engine.Clock.Now;
        fleet.Play(1000);

        Assert.Equal([(2L, start + (500 * Millisecond)), (2L, start + (1100 * Millisecond))], fleet.Cuts);
        Assert.Equal([default, new FaultCounts(0, 0, 0, 0, 0, 50)], fleet.Engine.Snapshot(cohort).Select(agent => agent.Faults));
        var heard = await fleet.HeardAsync();
        Assert.Equal(Enumerable.Range(0, 100).Where(index => index is < 20 or (>= 50 and < 80)), heard.Where(message => message.Agent == 2).Select(message => message.Index));
    }

    [Fact]
    public async Task Faults_meet_messages_in_their_order()
    {
        var drop = new FleetFault { Kind = FleetFaultKind.Drop, Rate = 1 };
        var duplicate = new FleetFault { Kind = FleetFaultKind.Duplicate, Rate = 1 };

        var (first, _) = await PlayAsync(1, drop, duplicate);
        var (twice, agents) = await PlayAsync(1, duplicate, duplicate);

        var (last, lost) = await PlayAsync(1, duplicate, new FleetFault { Kind = FleetFaultKind.Delay, Rate = 1, Delay = TimeSpan.FromSeconds(1) }, drop);
        Assert.Empty(first);
        Assert.Empty(last);
        Assert.Equal(new FaultCounts(100, 0, 0, 0, 0, 0), lost[0].Faults);
        Assert.Equal((300, 200L), (twice.Length, agents[0].Faults.Duplicated));
    }

    private static Task<(ReplayMessage[] Heard, AgentCheckpoint[] Agents)> PlayAsync(int agents, params FleetFault[] faults) =>
        HeardFleet.PlayAsync(HandDrivenEngine.Play(s_second, agents) with { Fleet = HeardFleet.Plan(agents, 1, faults) }, 1001);
}
