using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>Faults that are given to agents while they play, and taken away.</summary>
public sealed class InjectedFaultTests
{
    private const long Millisecond = 1_000_000;
    private static readonly FleetFault s_drop = new() { Kind = FleetFaultKind.Drop, Rate = 1 };

    /// <summary>100 messages, 10 ms apart, on two topics by turns; a second long.</summary>
    private static readonly ReplayTimeline s_second =
        HandDrivenEngine.TimelineOf([.. Enumerable.Range(0, 100).Select(index => (index * 10 * Millisecond, index % 2))], ["/a", "/b"], 1000 * Millisecond);

    [Fact]
    public async Task Faults_act_from_the_next_message_on_until_they_are_taken_away()
    {
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));

        fleet.Play(205);
        Inject(fleet, cohort, new FaultInjection(s_drop, 0, 1));
        fleet.Play(300);
        Inject(fleet, cohort);
        fleet.Play(600);

        Assert.Equal(Enumerable.Range(0, 100).Where(index => index is <= 20 or > 50), (await fleet.HeardAsync()).Select(message => message.Index));
        Assert.Equal((AgentState.Completed, 100L, new FaultCounts(30, 0, 0, 0, 0, 0)), fleet.Engine.SnapshotOne(cohort) is var agent ? (agent.State, agent.MessagesOut, agent.Faults) : default);
    }

    [Fact]
    public async Task They_act_beside_those_of_the_plan_and_after_them()
    {
        await using var fleet = new HeardFleet();
        var plan = HeardFleet.Plan(1, 1, s_drop with { Topics = ["/a"] });
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second) with { Fleet = plan });

        Inject(fleet, cohort, new FaultInjection(new FleetFault { Kind = FleetFaultKind.Duplicate, Rate = 1 }, 0, 1));
        fleet.Play(1001);

        // The first message was out before.
        Assert.Equal(new FaultCounts(50, 0, 50, 0, 0, 0), fleet.Engine.SnapshotOne(cohort).Faults);
        Assert.Equal(Enumerable.Range(0, 100).Select(index => (index / 2 * 2) + 1), (await fleet.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task Share_is_exact_follows_the_seed_and_is_the_same_when_it_is_injected_anew()
    {
        var share = s_drop with { Share = 0.3 };
        var met = new List<long[]>();
        foreach (var (seed, place, epoch) in ((long, int, long)[])[(1, 0, 1), (1, 0, 7), (1, 1, 1), (2, 0, 1)])
        {
            await using var fleet = new HeardFleet();
            var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, agents: 20) with { Fleet = HeardFleet.Plan(20, seed, share) });
            Inject(fleet, cohort, new FaultInjection(share with { Kind = FleetFaultKind.Duplicate }, place, epoch));
            fleet.Play(1001);
            met.Add([.. fleet.Engine.Snapshot(cohort).Where(agent => agent.Faults.Duplicated > 0).Select(agent => agent.InstanceId)]);
            // Drawn apart from the plan's: some of these lose all that would have been doubled.
            Assert.Equal(6, fleet.Engine.Snapshot(cohort).Count(agent => agent.Faults.Dropped == 100));
        }

        Assert.Equal(met[0], met[1]);
        Assert.NotEqual(met[0], met[2]);
        Assert.NotEqual(met[0], met[3]);
        Assert.All(met, agents => Assert.InRange(agents.Length, 1, 6));
    }

    [Fact]
    public async Task A_fleet_without_a_plan_is_drawn_from_as_well()
    {
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, agents: 20));

        Inject(fleet, cohort, new FaultInjection(s_drop with { Share = 0.25 }, 0, 1));
        fleet.Play(1001);

        Assert.Equal(5, fleet.Engine.Snapshot(cohort).Count(agent => agent.Faults.Dropped == 99));
        Assert.Equal(15, fleet.Engine.Snapshot(cohort).Count(agent => agent.Faults == default));
    }

    [Fact]
    public async Task Spells_count_from_where_the_agent_was_and_go_on_when_others_come_and_go()
    {
        var freeze = new FaultInjection(new FleetFault { Kind = FleetFaultKind.Freeze, At = TimeSpan.FromMilliseconds(100), For = TimeSpan.FromMilliseconds(100) }, 0, 1);
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));

        fleet.Play(305);
        Inject(fleet, cohort, freeze);
        fleet.Play(50);
        Inject(fleet, cohort, new FaultInjection(s_drop with { First = 2 }, 1, 2), freeze);
        fleet.Play(350);
        // Asked for anew, it begins anew.
        Inject(fleet, cohort, freeze with { Epoch = 3 });
        fleet.Play(300);

        // From 305 and 705 ms, at the message that is due next.
        var lost = Enumerable.Range(0, 100).Where(index => index * 10 is (>= 405 and < 505) or (>= 805 and < 905));
        Assert.Equal(Enumerable.Range(0, 100).Except(lost), (await fleet.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task Spells_count_from_the_position_that_is_asked_for_at_the_same_time()
    {
        var freeze = new FaultInjection(new FleetFault { Kind = FleetFaultKind.Freeze, For = TimeSpan.FromMilliseconds(100) }, 0, 1);
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));

        fleet.Play(805);
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.Zero, Paused: false, 1, TimeSpan.FromMilliseconds(200), Faults: [freeze])));
        fleet.Play(250);

        Assert.Equal([.. Enumerable.Range(0, 81), .. Enumerable.Range(30, 16)], (await fleet.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task Agent_that_goes_on_elsewhere_goes_on_with_its_faults_and_counts()
    {
        var freeze = new FaultInjection(new FleetFault { Kind = FleetFaultKind.Freeze, At = TimeSpan.FromMilliseconds(100), For = TimeSpan.FromMilliseconds(100) }, 3, 5);
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));
        fleet.Play(305);
        Inject(fleet, cohort, new FaultInjection(s_drop with { Topics = ["/b"] }, 0, 5), freeze);
        fleet.Play(50);
        var checkpoint = fleet.Engine.SnapshotOne(cohort);

        await using var other = new HeardFleet();
        var successor = other.Begin(HandDrivenEngine.Play(s_second) with { From = new Dictionary<long, AgentCheckpoint> { [1] = checkpoint } });
        Inject(other, successor, freeze);
        other.Play(645);

        Assert.Equal([new FaultStart(3, 5, 305 * Millisecond)], checkpoint.FaultStarts!);
        Assert.Equal((AgentState.Completed, new FaultCounts(3, 0, 0, 0, 10, 0)), other.Engine.SnapshotOne(successor) is var agent ? (agent.State, agent.Faults) : default);
        Assert.Equal(Enumerable.Range(36, 64).Where(index => index * 10 is < 405 or >= 505), (await other.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task What_is_held_goes_out_in_its_time_when_the_fault_is_taken_away()
    {
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));
        Inject(fleet, cohort, new FaultInjection(new FleetFault { Kind = FleetFaultKind.Delay, Rate = 1, Delay = TimeSpan.FromMilliseconds(55) }, 0, 1));
        fleet.Play(25);
        Inject(fleet, cohort);
        fleet.Play(1000);

        var heard = await fleet.HeardAsync();
        Assert.Equal([0, 3, 4, 5, 6, 1, 7, 2, 8], heard.Take(9).Select(message => message.Index));
        Assert.Equal(100, heard.Length);
        Assert.Equal(2, fleet.Engine.SnapshotOne(cohort).Faults.Delayed);
    }

    [Fact]
    public async Task Connection_that_was_cut_may_come_back_when_the_fault_is_taken_away()
    {
        var disconnect = new FleetFault { Kind = FleetFaultKind.Disconnect, For = TimeSpan.FromMilliseconds(800) };
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second));
        var start = fleet.Engine.Engine.Clock.Now;
        Inject(fleet, cohort, new FaultInjection(disconnect, 0, 1), new FaultInjection(disconnect, 1, 1));
        fleet.Play(100);
        Inject(fleet, cohort, new FaultInjection(disconnect, 1, 1));
        fleet.Play(100);
        Inject(fleet, cohort);
        fleet.Play(100);

        Assert.Equal([(1L, start + (800 * Millisecond)), (1L, start + (200 * Millisecond))], fleet.Cuts);
        Assert.Equal(20, fleet.Engine.SnapshotOne(cohort).Faults.Disconnected);
        Assert.Equal([0, .. Enumerable.Range(21, 10)], (await fleet.HeardAsync()).Select(message => message.Index));
    }

    [Fact]
    public async Task Agents_that_are_paused_or_have_not_begun_meet_them_too()
    {
        await using var fleet = new HeardFleet();
        var cohort = fleet.Begin(HandDrivenEngine.Play(s_second, agents: 2) with { Delay = TimeSpan.FromMilliseconds(100) });
        fleet.Play(50);
        Inject(fleet, cohort, new FaultInjection(s_drop, 0, 1));
        fleet.Play(150);
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.Zero, Paused: true, 1, null, Faults: [])));
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.Zero, Paused: true, 1, null, Released: 2, Faults: [])));
        fleet.Play(1);

        Assert.All(fleet.Engine.Snapshot(cohort), agent => Assert.Equal((13L, 11L), (agent.MessagesOut, agent.Faults.Dropped)));
        Assert.Equal([11, 12, 11, 12], (await fleet.HeardAsync()).Select(message => message.Index));
    }

    private static void Inject(HeardFleet fleet, ReplayCohort cohort, params FaultInjection[] faults) =>
        fleet.Engine.Run(cohort.PlayAsync(new Playback(TimeSpan.Zero, Paused: false, cohort.Rate, Seek: null, Faults: faults)));
}
