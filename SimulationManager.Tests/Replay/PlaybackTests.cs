using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Replay;

public sealed class PlaybackTests : IDisposable
{
    private readonly HandDrivenEngine _engine = new();
    private readonly ReplayTimeline _everyTenMilliseconds = HandDrivenEngine.Timeline([.. Enumerable.Range(0, 11).Select(index => index * 10.0)]);

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(2, 50)]
    [InlineData(0.5, 200)]
    [InlineData(100, 1)]
    [InlineData(0.01, 10_000)]
    public void Rate_scales_all_times(double rate, double milliseconds)
    {
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds) with { Rate = rate });

        _engine.Advance(milliseconds - 0.001);
        Assert.Equal(10, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.001);
        Assert.Equal((11L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Start_offset_and_duration_play_a_cut_of_the_bag_in_every_repeat()
    {
        var play = HandDrivenEngine.Play(_everyTenMilliseconds, repeats: 2) with { StartOffset = TimeSpan.FromMilliseconds(25), PlaybackDuration = TimeSpan.FromMilliseconds(40) };
        var cohort = _engine.Begin(play);

        _engine.Advance(4.9);
        Assert.Equal(0, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.1);
        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(35);
        Assert.Equal((4L, 1), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).RepeatsDone));
        _engine.Advance(40);
        Assert.Equal((8L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Start_offset_past_the_end_completes_at_once()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds, repeats: 3) with { StartOffset = TimeSpan.FromSeconds(9) });

        Assert.Equal((AgentState.Completed, 0L), (_engine.SnapshotOne(cohort).State, _engine.SnapshotOne(cohort).MessagesOut));
    }

    [Theory]
    [InlineData(40, null, 5)]
    [InlineData(39.9, null, 4)]
    [InlineData(40, 60.0, 7)]
    [InlineData(80, 60.0, 9)]
    [InlineData(5000, null, 11)]
    [InlineData(-1, null, 0)]
    [InlineData(-1, 20.0, 3)]
    public void Playback_ends_at_the_later_of_the_bags_time_and_the_duration(double until, double? duration, int messages)
    {
        const long Start = 1_700_000_000_000_000_000;
        long[] positions = [.. Enumerable.Range(0, 11).Select(index => index * 10_000_000L)];
        var timeline = new ReplayTimeline(positions, new ushort[11], new int[11], ["/a"], positions[^1], start: Start);
        var play = HandDrivenEngine.Play(timeline) with { PlaybackUntil = Start + (long)(until * 1e6), PlaybackDuration = duration is { } time ? TimeSpan.FromMilliseconds(time) : null };
        var cohort = _engine.Begin(play);

        _engine.Advance(1000);

        Assert.Equal(((long)messages, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Delay_comes_before_the_first_pass_only_and_is_as_long_at_any_rate()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds, repeats: 2) with { Delay = TimeSpan.FromMilliseconds(70), Rate = 2 });
        _engine.Advance(30);
        _engine.Run(cohort.SetRateAsync(10));
        Assert.Equal(-40_000_000, _engine.SnapshotOne(cohort).Position);

        _engine.Advance(39.9);
        Assert.Equal(0, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.1);
        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(20);

        Assert.Equal((22L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Delay_is_held_by_a_pause_goes_on_elsewhere_and_is_ended_by_a_seek()
    {
        var play = HandDrivenEngine.Play(_everyTenMilliseconds) with { Delay = TimeSpan.FromMilliseconds(70) };
        var first = _engine.Begin(play);
        _engine.Advance(30);
        _engine.Run(first.PauseAsync());
        _engine.Advance(1000);
        var checkpoint = CohortCheckpoint.FromBytes(new CohortCheckpoint(_engine.Snapshot(first), new LatenessHistogram()).ToBytes()).Agents.Single();
        _engine.Run(first.StopAsync());

        var second = _engine.Begin(play with { Key = "elsewhere", From = new Dictionary<long, AgentCheckpoint> { [1] = checkpoint } });
        _engine.Advance(39.9);
        Assert.Equal(0, _engine.SnapshotOne(second).MessagesOut);
        _engine.Advance(0.1);
        Assert.Equal(1, _engine.SnapshotOne(second).MessagesOut);

        var third = _engine.Begin(play with { Key = "sought" });
        _engine.Run(third.SeekAsync(TimeSpan.FromMilliseconds(100)));
        Assert.Equal((1L, AgentState.Completed), (_engine.SnapshotOne(third).MessagesOut, _engine.SnapshotOne(third).State));
    }

    [Fact]
    public void Loop_plays_until_the_limit_whatever_the_repeat_count()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds) with { Loop = true }, TimeSpan.FromMilliseconds(1000));

        for (var step = 0; step < 100; step++) _engine.Advance(10);
        _engine.Advance(1);

        Assert.Equal((AgentState.LimitReached, 10), (_engine.SnapshotOne(cohort).State, _engine.SnapshotOne(cohort).RepeatsDone));
    }

    [Fact]
    public void Pause_holds_position_and_limit_until_resume()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, limit: TimeSpan.FromMilliseconds(105));
        _engine.Advance(45);

        _engine.Run(cohort.PauseAsync());
        _engine.Advance(10_000);
        Assert.Equal((5L, AgentState.Paused), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
        _engine.Run(cohort.ResumeAsync());
        _engine.Advance(4.9);
        Assert.Equal(5, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.1);
        Assert.Equal(6, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(50);
        Assert.Equal((11L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Seek_goes_on_from_the_position_without_the_messages_between()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);
        _engine.Advance(15);

        _engine.Run(cohort.SeekAsync(TimeSpan.FromMilliseconds(80)));
        Assert.Equal(3, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(20);

        Assert.Equal((5L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Seek_past_the_end_ends_the_pass_and_starts_the_next()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, repeats: 2);
        _engine.Advance(15);

        _engine.Run(cohort.SeekAsync(TimeSpan.FromHours(1)));
        _engine.Advance(0);

        Assert.Equal((1, 3L), (_engine.SnapshotOne(cohort).RepeatsDone, _engine.SnapshotOne(cohort).MessagesOut));
    }

    [Fact]
    public void Seek_while_paused_stays_paused()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);
        _engine.Run(cohort.PauseAsync());

        _engine.Run(cohort.SeekAsync(TimeSpan.FromMilliseconds(90), paused: true));
        _engine.Advance(1000);
        Assert.Equal(1, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Run(cohort.ResumeAsync());
        _engine.Advance(10);

        Assert.Equal((3L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Rate_change_acts_from_the_current_position()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);
        _engine.Advance(50);

        _engine.Run(cohort.SetRateAsync(5));
        _engine.Advance(9.9);
        Assert.Equal(10, _engine.SnapshotOne(cohort).MessagesOut);
        _engine.Advance(0.1);

        Assert.Equal(11, _engine.SnapshotOne(cohort).MessagesOut);
    }

    [Fact]
    public void Stop_ends_agents_that_wait_for_a_message_far_away()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Timeline(0, 1e9), agents: 5);

        _engine.Run(cohort.StopAsync());

        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal(AgentState.Stopped, agent.State));
        Assert.True(cohort.Ended.IsCompletedSuccessfully);
        Assert.Equal(0, _engine.Engine.GetLoad().Agents);
    }

    [Fact]
    public void Agent_goes_on_from_its_checkpoint_without_losing_or_repeating_a_message()
    {
        var first = _engine.Begin(_everyTenMilliseconds, repeats: 3);
        _engine.Advance(134);
        var checkpoint = _engine.SnapshotOne(first);
        _engine.Run(first.StopAsync());
        _engine.Advance(5000);

        var second = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds, repeats: 3) with { From = new Dictionary<long, AgentCheckpoint> { [1] = checkpoint } });
        Assert.Equal(checkpoint.MessagesOut, _engine.SnapshotOne(second).MessagesOut);
        _engine.Advance(5.9);
        Assert.Equal(checkpoint.MessagesOut, _engine.SnapshotOne(second).MessagesOut);
        _engine.Advance(0.1);
        Assert.Equal(checkpoint.MessagesOut + 1, _engine.SnapshotOne(second).MessagesOut);
        _engine.Advance(160);

        Assert.Equal((33L, AgentState.Completed), (_engine.SnapshotOne(second).MessagesOut, _engine.SnapshotOne(second).State));
    }

    [Fact]
    public async Task Clock_ticks_every_25_ms_of_playing_time_for_viewers_and_is_in_no_count()
    {
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 1024, NullLogger.Instance);
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds) with { ClockFrequency = 40, Rate = 0.5 });
        _engine.Advance(10);
        _engine.Run(cohort.AddSinkAsync(1, queue));

        for (var step = 0; step < 60; step++) _engine.Advance(1);
        _engine.Run(cohort.PauseAsync());
        _engine.Advance(1000);

        await Wait.UntilAsync(() => sink.Messages.Count(message => message.IsClock) == 3, TimeSpan.FromSeconds(10), "the ticks");
        // Ticks at 10, 35 and 60 ms, when the bag, played at half speed, is at half of that.
        Assert.Equal([5_000_000L, 17_500_000, 30_000_000], sink.Messages.Where(message => message.IsClock).Select(message => message.BagTime));
        Assert.Equal(4, _engine.SnapshotOne(cohort).MessagesOut);
    }

    [Fact]
    public async Task Clock_starts_after_the_delay()
    {
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 1024, NullLogger.Instance);
        var cohort = _engine.Engine.CreateCohort(HandDrivenEngine.Play(_everyTenMilliseconds) with { ClockFrequency = 40, Delay = TimeSpan.FromMilliseconds(70) });
        _engine.Run(cohort.AddSinkAsync(1, queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));

        for (var step = 0; step < 130; step++) _engine.Advance(1);

        await Wait.UntilAsync(() => sink.Messages.Count(message => message.IsClock) == 3, TimeSpan.FromSeconds(10), "the ticks");
        Assert.Equal([0L, 25_000_000, 50_000_000], sink.Messages.Where(message => message.IsClock).Select(message => message.BagTime));
    }

    [Fact]
    public async Task Clock_tells_the_time_of_each_message_of_its_topics_before_it_and_is_in_no_count()
    {
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 1024, NullLogger.Instance);
        var timeline = HandDrivenEngine.TimelineOf([(0, 0), (10, 1), (20, 0), (30, 1)], ["/a", "/b"]).Renamed(new Dictionary<string, string> { ["/b"] = "/c" });
        var cohort = _engine.Engine.CreateCohort(HandDrivenEngine.Play(timeline) with { ClockTopics = ["/b", "/c", "/none"] });
        _engine.Run(cohort.AddSinkAsync(1, queue));
        _engine.Run(cohort.BeginAsync(TimeSpan.FromHours(1)));

        _engine.Advance(1);

        await Wait.UntilAsync(() => sink.Messages.Count == 6, TimeSpan.FromSeconds(10), "all messages");
        Assert.Equal(["/a@0", "/clock@10", "/c@10", "/a@20", "/clock@30", "/c@30"], sink.Messages.Select(message => $"{message.Topic}@{message.BagTime}"));
        Assert.Equal(4, _engine.SnapshotOne(cohort).MessagesOut);
    }

    [Fact]
    public void Remap_renames_topics_and_leaves_the_others()
    {
        var timeline = HandDrivenEngine.TimelineOf([(0, 0), (10, 1)], ["/a", "/b"]).Renamed(new Dictionary<string, string> { ["/a"] = "/b", ["/none"] = "/x" });

        Assert.Equal(["/b", "/b"], timeline.Topics);
        Assert.Equal((2, 10L, 1), (timeline.Count, timeline.PositionOf(1), timeline.TopicOf(1)));
    }

    [Fact]
    public void Overload_delays_messages_in_order_and_loses_none_by_default()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);

        _engine.Advance(5000);

        Assert.Equal((11L, 0L), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).Dropped));
        Assert.Equal(4_990_000, cohort.LatenessOf(1).Max);
    }

    [Fact]
    public void Overload_with_drop_policy_leaves_late_messages_out_and_counts_them_per_topic()
    {
        using var engine = new HandDrivenEngine(new ReplayOptions { Lanes = 1, Overload = OverloadPolicy.Drop, DropAfter = TimeSpan.FromMilliseconds(30) });
        var timeline = HandDrivenEngine.TimelineOf([(0, 0), (10_000_000, 1), (20_000_000, 0), (90_000_000, 1), (100_000_000, 0)], ["/a", "/b"]);
        var cohort = engine.Begin(timeline);

        engine.Advance(100);

        Assert.Equal((3L, 2L), (engine.SnapshotOne(cohort).MessagesOut, engine.SnapshotOne(cohort).Dropped));
        Assert.Equal([1L, 1L], cohort.DroppedByTopic);
    }
}
