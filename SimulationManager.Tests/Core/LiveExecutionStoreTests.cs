using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Core;

/// <summary>Of a run's states only those that lead on are kept: a coordinator that was replaced without knowing it may still write.</summary>
public sealed class LiveExecutionStoreTests(ApiFixture fixture)
{
    private static readonly DateTimeOffset Created = new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_state_that_is_behind_what_was_shown_is_not_taken_and_its_writer_gets_what_is()
    {
        var store = await StoreAsync();
        var ahead = State(execution: 9_000_001, RunStatus.Running, 50, 60, 40);
        Assert.Null(await store.WriteAsync(ahead));

        foreach (var behind in (LiveExecution[])[State(9_000_001, RunStatus.Running, 49.9, 60, 40), State(9_000_001, RunStatus.Running, 50, 60, 39.9)])
        {
            Assert.Equal((50, 40), Shown(await store.WriteAsync(behind)));
            Assert.Equal((50, 40), Shown(await store.ReadAsync(9_000_001)));
        }

        Assert.Null(await store.WriteAsync(State(9_000_001, RunStatus.Running, 50, 60, 40.1)));
        Assert.Equal((50, 40.1), Shown(await store.ReadAsync(9_000_001)));
    }

    [Fact]
    public async Task An_ended_run_stays_ended_however_far_it_came()
    {
        var store = await StoreAsync();
        await store.WriteAsync(State(9_000_002, RunStatus.Running, 50, 50));
        await store.WriteAsync(State(9_000_002, RunStatus.Stopped, 49, 49));

        await store.WriteAsync(State(9_000_002, RunStatus.Running, 51, 51));

        Assert.Equal(RunStatus.Stopped, (await store.ReadAsync(9_000_002))!.Status);
    }

    [Fact]
    public async Task A_simulations_latest_run_stays_the_latest_while_an_earlier_one_is_still_written()
    {
        var store = await StoreAsync();
        await store.WriteAsync(State(9_000_003, RunStatus.Running, 50, 50) with { SimulationId = 9_000_003 });
        await store.WriteAsync(State(9_000_004, RunStatus.Running, 1, 1) with { SimulationId = 9_000_003, CreatedAt = Created.AddSeconds(1) });

        await store.WriteAsync(State(9_000_003, RunStatus.Completed, 100, 100) with { SimulationId = 9_000_003 });

        Assert.Equal(9_000_004, (await store.ReadLatestAsync(9_000_003))!.ExecutionId);
        Assert.Equal(RunStatus.Completed, (await store.ReadAsync(9_000_003))!.Status);
    }

    [Fact]
    public async Task A_run_of_another_database_with_the_same_number_is_replaced()
    {
        var store = await StoreAsync();
        await store.WriteAsync(State(9_000_005, RunStatus.Completed, 100, 100));

        // The row keeps microseconds only: a difference below a millisecond is none.
        await store.WriteAsync(State(9_000_005, RunStatus.Running, 1, 1) with { CreatedAt = Created.AddHours(1) });
        await store.WriteAsync(State(9_000_005, RunStatus.Running, 0, 0) with { CreatedAt = Created.AddHours(1).AddTicks(7) });

        Assert.Equal((1, 1), Shown(await store.ReadAsync(9_000_005)));
    }

    private async Task<LiveExecutionStore> StoreAsync() => (await fixture.ApiAsync()).Services.GetRequiredService<LiveExecutionStore>();

    private static (double Overall, double Last) Shown(LiveExecution? state) => (state!.OverallProgress, state.Parts[^1].Progress);

    private static LiveExecution State(long execution, RunStatus status, double overall, params double[] parts) => new()
    {
        ExecutionId = execution,
        SimulationId = execution,
        PatternType = PatternType.Parallel,
        Status = status,
        Message = "",
        CreatedAt = Created,
        LastUpdated = Created,
        OverallProgress = overall,
        MessagesOut = 0,
        Parts = [.. parts.Select((progress, index) => new LivePart
        {
            Number = index + 1,
            Status = status,
            Progress = progress,
            AutonomousAgents = 1,
            CurrentRepeat = 0,
            TotalRepeats = 1,
            MessagesPlanned = 0,
            MessagesOut = 0,
        })],
    };
}
