using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay;

/// <summary>Messages that are let go while agents are paused: each goes out once, however often the number of them is told.</summary>
public sealed class StepTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(1);

    private readonly HandDrivenEngine _engine = new();
    private readonly ReplayTimeline _everyTenMilliseconds = HandDrivenEngine.Timeline([.. Enumerable.Range(0, 101).Select(index => index * 10.0)]);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Released_messages_go_out_at_once_and_once_and_the_agent_stays_paused()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, agents: 3);
        _engine.Advance(25);

        Tell(cohort, released: 2);
        Tell(cohort, released: 2);
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal((5L, 5, 40_000_000L, AgentState.Paused), (agent.MessagesOut, agent.Next, agent.Position, agent.State)));
        Tell(cohort, released: 70);
        _engine.Advance(5000);
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal((73L, AgentState.Paused), (agent.MessagesOut, agent.State)));

        Tell(cohort, released: 70, before: 70, paused: false);
        _engine.Advance(9.9);
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal(73, agent.MessagesOut));
        _engine.Advance(0.1);
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal(74, agent.MessagesOut));
    }

    [Fact]
    public void At_the_end_of_the_pass_nothing_more_goes_out_until_the_agent_goes_on()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, repeats: 2);

        Tell(cohort, released: int.MaxValue);
        Tell(cohort, released: 2L * int.MaxValue);
        Assert.Equal((101L, 0, AgentState.Paused), Of(cohort));
        Tell(cohort, released: 2L * int.MaxValue, before: 2L * int.MaxValue, paused: false);
        Assert.Equal((102L, 1, AgentState.Playing), Of(cohort));
        _engine.Advance(1000);

        Assert.Equal((202L, 2, AgentState.Completed), Of(cohort));
    }

    [Fact]
    public void What_was_released_before_a_seek_or_a_resumption_is_not_owed_any_more()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);

        // It hears of a step, a seek and another step at once.
        Tell(cohort, released: 3, before: 2, seek: TimeSpan.FromMilliseconds(500));
        Assert.Equal(51, _engine.SnapshotOne(cohort).Next);
        Assert.Equal(2, _engine.SnapshotOne(cohort).MessagesOut);
        // Of steps, a resumption and a pause.
        Tell(cohort, released: 9, before: 8);

        Assert.Equal((3L, 9L), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).Released));
    }

    [Fact]
    public void An_agent_that_goes_on_elsewhere_puts_out_only_what_it_still_owes()
    {
        var first = _engine.Begin(_everyTenMilliseconds);
        Tell(first, released: 2);
        var checkpoint = _engine.SnapshotOne(first);
        _engine.Run(first.StopAsync());

        var second = _engine.Engine.CreateCohort(HandDrivenEngine.Play(_everyTenMilliseconds) with { From = new Dictionary<long, AgentCheckpoint> { [1] = checkpoint } });
        Tell(second, released: 5);

        Assert.Equal((3L, 6L, 6), (checkpoint.MessagesOut, _engine.SnapshotOne(second).MessagesOut, _engine.SnapshotOne(second).Next));
    }

    [Fact]
    public void An_agent_that_leaves_puts_out_nothing_more_though_it_owes_some()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds);
        var told = cohort.PlayAsync(new Playback(s_limit, Paused: true, 1, Seek: null, Released: 50));
        var paused = cohort.PauseAsync();

        _engine.Run(told);
        _engine.Run(paused);

        Assert.Equal((1L, 0L), (_engine.SnapshotOne(cohort).MessagesOut, _engine.SnapshotOne(cohort).Released));
    }

    [Fact]
    public async Task A_step_moves_the_clock()
    {
        var sink = new RecordingSink();
        await using var queue = new SinkQueue(sink, 1024, NullLogger.Instance);
        var cohort = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds) with { ClockFrequency = 40 });
        Tell(cohort, released: 0);
        _engine.Run(cohort.AddSinkAsync(1, queue));
        var before = sink.Messages.Count;

        Tell(cohort, released: 1);

        await Wait.UntilAsync(() => sink.Messages.Count >= before + 2, TimeSpan.FromSeconds(10), "the step");
        Assert.Equal(["/clock@10000000", "/a@10000000"], sink.Messages.Skip(before).Select(message => $"{message.Topic}@{message.BagTime}"));
    }

    private (long MessagesOut, int RepeatsDone, AgentState State) Of(ReplayCohort cohort)
    {
        var agent = _engine.SnapshotOne(cohort);
        return (agent.MessagesOut, agent.RepeatsDone, agent.State);
    }

    private void Tell(ReplayCohort cohort, long released, long before = 0, bool paused = true, TimeSpan? seek = null) =>
        _engine.Run(cohort.PlayAsync(new Playback(s_limit, paused, 1, seek, released, before)));
}
