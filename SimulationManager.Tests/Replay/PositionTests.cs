using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Replay;

/// <summary>A position is the time of the bag from its first message, wherever it is said.</summary>
public sealed class PositionTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly HandDrivenEngine _engine = new();
    private readonly TempFolder _folder = new();
    private readonly ReplayTimeline _everySecond = HandDrivenEngine.Timeline([.. Enumerable.Range(0, 21).Select(second => second * 1000.0)]);

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Seek_counts_from_the_bags_start_whatever_the_start_offset()
    {
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everySecond) with { StartOffset = TimeSpan.FromSeconds(5) });
        _engine.Run(cohort.PauseAsync());

        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(6), paused: true));
        Assert.Equal((6, Second), (_engine.SnapshotOne(cohort).Next, _engine.SnapshotOne(cohort).Position));
        _engine.Run(cohort.ResumeAsync());
        _engine.Advance(14_000);

        // The second 5, then 6 to 20.
        Assert.Equal((16L, AgentState.Completed), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Theory]
    [InlineData(0, 2, AgentState.Playing)]
    [InlineData(5, 2, AgentState.Playing)]
    [InlineData(7.5, 1, AgentState.Playing)]
    [InlineData(15, 2, AgentState.Completed)]
    [InlineData(15.1, 1, AgentState.Completed)]
    public void Seek_stays_within_the_part_that_is_played(double seconds, int messages, AgentState state)
    {
        var play = HandDrivenEngine.Play(_everySecond) with { StartOffset = TimeSpan.FromSeconds(5), PlaybackDuration = TimeSpan.FromSeconds(10) };
        var cohort = _engine.Begin(play);

        _engine.Run(cohort.SeekAsync(TimeSpan.FromSeconds(seconds)));

        // The first of the part, and what is due where it was sent.
        Assert.Equal(((long)messages, state), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).State));
    }

    [Fact]
    public void Offset_and_seek_reach_the_real_part_of_a_bag_whose_first_stamps_are_zero()
    {
        const double RealPart = 1_700_000_000;
        long[] times = [0, 0, 0, 0, 0, .. Enumerable.Range(0, 20).Select(index => ((long)RealPart * Second) + (index * Second / 2))];
        using var recording = Recording.Open(BagFixtures.WriteBag(_folder["bag"], times), CancellationToken.None);
        var timeline = recording.TimelineOf(["/a", "/b"]);
        Assert.InRange(RealPart, 0, PlaybackOptions.MaxSeconds);

        var offset = _engine.Begin(HandDrivenEngine.Play(timeline) with { StartOffset = TimeSpan.FromSeconds(RealPart) });
        var sought = _engine.Begin(timeline);
        _engine.Advance(0);
        _engine.Run(sought.SeekAsync(TimeSpan.FromSeconds(RealPart + 5)));
        _engine.Advance(9_500);

        Assert.Equal((20L, AgentState.Completed), (_engine.SnapshotOne(offset).MessagesOut, _engine.SnapshotOne(offset).State));
        Assert.Equal((5L + 10, AgentState.Completed), (_engine.SnapshotOne(sought).MessagesOut, _engine.SnapshotOne(sought).State));
    }

    [Fact]
    public void Greatest_position_is_where_the_engine_cuts_times() =>
        Assert.Equal((long)PlaybackOptions.MaxSeconds, ReplayTimeline.MaxPosition / Second);
}
