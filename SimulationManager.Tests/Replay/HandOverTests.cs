using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>Agents that move from one cohort to another while they play.</summary>
public sealed class HandOverTests : IDisposable
{
    private readonly HandDrivenEngine _engine = new();
    private readonly ReplayTimeline _everyTenMilliseconds = HandDrivenEngine.Timeline([.. Enumerable.Range(0, 11).Select(index => index * 10.0)]);

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Agents_keep_their_times_on_the_way_and_no_message_is_lost_or_repeated(double rate)
    {
        var from = _engine.Begin(HandDrivenEngine.Play(_everyTenMilliseconds, agents: 4, repeats: 2) with { Rate = rate });
        _engine.Advance(45 / rate);
        var detached = Detach(from, 3);
        var at = _engine.Engine.Clock.Now;
        from.Forget(detached);

        // The message at 50 falls due on the way.
        _engine.Advance(12 / rate);
        var to = _engine.Begin(TakeOver(detached, at) with { Rate = rate });
        _engine.Advance(0);
        Assert.All(_engine.Snapshot(to), agent => Assert.Equal(6, agent.MessagesOut));
        _engine.Advance((2.9 / rate));
        Assert.All(_engine.Snapshot(to), agent => Assert.Equal(6, agent.MessagesOut));
        _engine.Advance(0.1 / rate);
        Assert.All(_engine.Snapshot(to), agent => Assert.Equal(7, agent.MessagesOut));

        for (var step = 0; step < 20; step++) _engine.Advance(10 / rate);
        Assert.Equal([1L], _engine.Snapshot(from).Select(agent => agent.InstanceId));
        Assert.Equal([2L, 3, 4], _engine.Snapshot(to).Select(agent => agent.InstanceId));
        Assert.All(_engine.Snapshot(from).Concat(_engine.Snapshot(to)), agent => Assert.Equal((AgentState.Completed, 22L, 2), (agent.State, agent.MessagesOut, agent.RepeatsDone)));
    }

    [Fact]
    public void Agents_that_are_put_back_play_on_as_if_they_had_never_been_taken_out()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, agents: 3);
        _engine.Advance(15);
        var detached = Detach(cohort, 2);

        _engine.Advance(10);
        Assert.Equal([1L], _engine.Snapshot(cohort).Select(agent => agent.InstanceId));
        _engine.Run(cohort.PutBackAsync(detached, playback: null));
        _engine.Advance(0);
        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal(3, agent.MessagesOut));
        for (var step = 0; step < 10; step++) _engine.Advance(10);

        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal((AgentState.Completed, 11L), (agent.State, agent.MessagesOut)));
        Assert.True(cohort.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void Agents_that_are_put_back_do_what_the_others_were_asked_meanwhile()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, agents: 3);
        _engine.Advance(15);
        var detached = Detach(cohort, 2);
        var asked = new Playback(TimeSpan.FromHours(1), Paused: true, 2, TimeSpan.FromMilliseconds(45));

        _engine.Run(cohort.PlayAsync(asked));
        _engine.Run(cohort.PutBackAsync(detached, asked));
        _engine.Advance(500);

        Assert.All(_engine.Snapshot(cohort), agent => Assert.Equal((AgentState.Paused, 2L, 45_000_000L), (agent.State, agent.MessagesOut, agent.Position)));
    }

    [Fact]
    public void Paused_agents_stay_where_they_are_on_the_way()
    {
        var from = _engine.Begin(_everyTenMilliseconds, agents: 2);
        _engine.Advance(15);
        _engine.Run(from.PauseAsync());
        var detached = Detach(from, 1);
        var at = _engine.Engine.Clock.Now;
        from.Forget(detached);

        _engine.Advance(500);
        var to = _engine.Engine.CreateCohort(TakeOver(detached, at));
        _engine.Run(to.PlayAsync(new Playback(TimeSpan.FromHours(1), Paused: true, 1, null)));
        _engine.Advance(500);
        Assert.Equal((AgentState.Paused, 2L, 15_000_000L), (_engine.SnapshotOne(to).State, _engine.SnapshotOne(to).MessagesOut, _engine.SnapshotOne(to).Position));
        _engine.Run(to.PlayAsync(new Playback(TimeSpan.FromHours(1), Paused: false, 1, null)));
        _engine.Advance(5);

        Assert.Equal(3, _engine.SnapshotOne(to).MessagesOut);
    }

    [Fact]
    public void One_agent_that_has_not_ended_stays_and_a_cohort_whose_others_have_ended_ends_with_it()
    {
        var cohort = _engine.Begin(_everyTenMilliseconds, agents: 3);
        _engine.Advance(5);

        var detached = Detach(cohort, 100);
        Assert.Equal([2L, 3], detached.Agents.Select(agent => agent.InstanceId));
        for (var step = 0; step < 12; step++) _engine.Advance(10);
        // Whether the others are gone is not known yet.
        Assert.False(cohort.Ended.IsCompleted);
        cohort.Forget(detached);

        Assert.True(cohort.Ended.IsCompletedSuccessfully);
    }

    private DetachedAgents Detach(ReplayCohort cohort, int count)
    {
        var detaching = cohort.DetachAsync(count);
        _engine.Run(detaching);
        return detaching.GetAwaiter().GetResult();
    }

    private CohortPlay TakeOver(DetachedAgents detached, long at) => HandDrivenEngine.Play(_everyTenMilliseconds, repeats: 2) with
    {
        InstanceIds = [.. detached.Agents.Select(agent => agent.InstanceId)],
        From = detached.Agents.ToDictionary(agent => agent.InstanceId),
        FromAt = at,
    };
}
