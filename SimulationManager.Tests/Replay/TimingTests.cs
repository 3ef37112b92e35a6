using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

public sealed class TimingTests : IDisposable
{
    private const long Year = 365L * 24 * 3600 * 1_000_000_000;

    private readonly HandDrivenEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Message_goes_out_at_its_recorded_time_and_not_a_nanosecond_before()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0, 10, 25));

        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(9.999999);
        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.000001);
        Assert.Equal(2, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(15);
        Assert.Equal(3, _engine.SnapshotOne(cohort).MessagesOut);
        Assert.Equal(AgentState.Completed, _engine.SnapshotOne(cohort).State);
    }

    [Fact]
    public void Agent_that_breaks_fails_in_a_sentence_of_ours_and_others_play_on()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 1, Overload = OverloadPolicy.Drop });
        // Dropping the second message is counted for a topic that is not there.
        var broken = engine.Begin(HandDrivenEngine.TimelineOf([(0, 0), (10_000_000, 7)], ["/a"]));
        var sound = engine.Begin(HandDrivenEngine.Timeline(0, 10));

        engine.Advance(1000);

        var failed = engine.SnapshotOne(broken);
        Assert.Equal((AgentState.Failed, "a message could not be played; see the worker's log"), (failed.State, failed.Error));
        Assert.Equal(AgentState.Completed, engine.SnapshotOne(sound).State);
    }

    [Fact]
    public void Repeats_follow_each_other_without_a_gap()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0, 10, 30), repeats: 3);

        _engine.Advance(30);
        Assert.Equal((1, 4L), (_engine.SnapshotOne(cohort).RepeatsDone, _engine.SnapshotOne(cohort).MessagesOut));
        _engine.Advance(10);
        Assert.Equal(5, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(49.999999);
        Assert.Equal(8, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.000001);
        Assert.Equal((3, 9L, AgentState.Completed), (_engine.SnapshotOne(cohort).RepeatsDone, _engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
        Assert.True(cohort.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void Lateness_does_not_add_up_to_drift_when_every_wakeup_is_late()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 1001).Select(index => index * 10.0)]), repeats: 60);

        // 10 minutes, each wake-up 3 ms after its message.
        for (var wake = 0; wake < 60_000; wake++) _engine.Advance(wake == 0 ? 13 : 10);

        Assert.Equal(AgentState.Completed, _engine.SnapshotOne(cohort).State);
        Assert.InRange(cohort.LatenessOf(1).Max, 2999, 3001);
    }

    [Fact]
    public void Limit_ends_the_agent_before_its_next_message()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0, 10, 20, 30), limit: TimeSpan.FromMilliseconds(20));

        _engine.Advance(25);

        Assert.Equal((AgentState.LimitReached, 3L), (_engine.SnapshotOne(cohort).State, _engine.SnapshotOne(cohort).MessagesOut));
    }

    [Fact]
    public void Messages_of_one_time_go_out_together_in_their_order()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0, 5, 5, 5, 9));

        _engine.Advance(5);

        Assert.Equal((4L, 4), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).Next));
    }

    [Fact]
    public void Jump_of_years_waits_for_the_limit_and_breaks_nothing()
    {
        var timeline = HandDrivenEngine.TimelineOf([(0, 0), (3 * Year, 0), (ReplayTimeline.PositionBetween(long.MinValue, long.MaxValue), 0)], ["/a"]);
        var cohort = _engine.Begin(timeline, repeats: 5, limit: TimeSpan.FromMinutes(5));

        _engine.Advance(TimeSpan.FromMinutes(4).TotalMilliseconds);
        Assert.Equal((1L, AgentState.Playing), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
        _engine.Advance(TimeSpan.FromMinutes(1).TotalMilliseconds);
        Assert.Equal((1L, AgentState.LimitReached), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Theory]
    [InlineData(long.MinValue, long.MaxValue, ReplayTimeline.MaxPosition)]
    [InlineData(-5, 7, 12)]
    [InlineData(7, -5, 0)]
    public void Position_between_any_two_bag_times_is_never_negative_and_never_overflows(long start, long time, long expected) =>
        Assert.Equal(expected, ReplayTimeline.PositionBetween(start, time));

    [Fact]
    public void Empty_bag_completes_at_once_with_all_repeats()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(), agents: 3, repeats: 4);

        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal((AgentState.Completed, 4, 0L), (agent.State, agent.RepeatsDone, agent.MessagesOut)));
        Assert.True(cohort.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void Bag_of_one_message_plays_all_repeats_at_once()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0), repeats: 1000);

        Assert.Equal((AgentState.Completed, 1000L), (_engine.SnapshotOne(cohort).State, _engine.SnapshotOne(cohort).MessagesOut));
    }

    [Fact]
    public void Looped_bag_of_no_length_leaves_the_lane_to_others()
    {
        _engine.Begin(HandDrivenEngine.Play(HandDrivenEngine.Timeline(0)) with { Loop = true });
        var other = _engine.Begin(HandDrivenEngine.Timeline(0, 10));

        _engine.Advance(10);

        Assert.Equal(AgentState.Completed, _engine.SnapshotOne(other).State);
    }

    [Fact]
    public void Agents_of_different_bags_share_one_schedule_in_time_order()
    {
        var slow = _engine.Begin(HandDrivenEngine.Timeline(0, 100, 200), agents: 7);
        var fast = _engine.Begin(HandDrivenEngine.Timeline([.. Enumerable.Range(0, 201).Select(index => (double)index)]), agents: 5);

        _engine.Advance(150);

        Assert.All(_engine.Snapshot(slow), agent => Assert.Equal(2, agent.MessagesOut));
        Assert.All(_engine.Snapshot(fast), agent => Assert.Equal(151, agent.MessagesOut));
    }
}
