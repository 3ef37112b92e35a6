using System.Net;
using Orleans.Runtime;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Tests.Api;
using SimulationManager.Worker.Executions;
using SimulationManager.Worker.Instances;

namespace SimulationManager.Tests.Worker;

/// <summary>The lease of a manual instance: who may change its state and save its checkpoint.</summary>
public class InstanceStoreTests(ApiFixture fixture)
{
    private static readonly SiloAddress Silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11_111), 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_two_coordinators_one_changes_the_state_and_may_repeat_it()
    {
        await using var worker = await WorkerHost.BuildAsync(await fixture.NewSystemAsync());
        var store = worker.Get<InstanceRunStore>();
        var begun = await BeginAsync(worker, store);
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());

        var saved = await store.SaveAsync(first, begun, Assignment(begun), Cancellation);
        var repeated = await store.SaveAsync(first, begun, Assignment(begun), Cancellation);
        var refused = await store.SaveAsync(second, begun, Assignment(begun), Cancellation);

        Assert.Equal(Silo.ToParsableString(), Assert.Single(saved!.State.Parts[0].Cohorts).Silo);
        Assert.Equal(saved.State.Parts[0].Cohorts, repeated!.State.Parts[0].Cohorts);
        Assert.Null(refused);
        Assert.False(await store.IsCurrentAsync(begun, Cancellation));
        Assert.True(await store.IsCurrentAsync(saved.State, Cancellation));
    }

    [Fact]
    public async Task A_cohort_that_was_replaced_saves_nothing_and_its_successor_goes_on_from_its_last_checkpoint()
    {
        await using var worker = await WorkerHost.BuildAsync(await fixture.NewSystemAsync());
        var (store, cohorts) = (worker.Get<InstanceRunStore>(), worker.Get<CohortServices>().Store);
        var begun = await BeginAsync(worker, store);
        var other = await BeginAsync(worker, store);
        var assigned = (await store.SaveAsync(Guid.NewGuid(), begun, Assignment(begun), Cancellation))!.State;
        var otherAssigned = (await store.SaveAsync(Guid.NewGuid(), other, Assignment(other), Cancellation))!.State;
        Assert.True(await cohorts.SaveAsync(KeyOf(assigned), At(assigned, messages: 7), Cancellation));

        var replaced = (await store.SaveAsync(Guid.NewGuid(), assigned, Assignment(assigned), Cancellation))!.State;
        var saves = await Task.WhenAll(
            cohorts.SaveAsync(KeyOf(assigned), At(assigned, messages: 8), Cancellation),
            cohorts.SaveAsync(KeyOf(otherAssigned), At(otherAssigned, messages: 9), Cancellation));

        Assert.Equal([false, true], saves);
        Assert.Null(await cohorts.LoadAsync(KeyOf(assigned), Cancellation));
        Assert.Equal(7, (await cohorts.LoadAsync(KeyOf(replaced), Cancellation))!.Checkpoint.Agents.Single().MessagesOut);
        Assert.Equal(9, (await cohorts.LoadAsync(KeyOf(otherAssigned), Cancellation))!.Checkpoint.Agents.Single().MessagesOut);
    }

    [Fact]
    public async Task A_silent_instance_is_unattended_until_its_checkpoint_is_saved_and_one_that_has_ended_never()
    {
        await using var worker = await WorkerHost.BuildAsync(await fixture.NewSystemAsync());
        var (store, cohorts) = (worker.Get<InstanceRunStore>(), worker.Get<CohortServices>().Store);
        var begun = await BeginAsync(worker, store);
        var assigned = (await store.SaveAsync(Guid.NewGuid(), begun, Assignment(begun), Cancellation))!.State;
        var now = DateTimeOffset.UtcNow;

        Assert.Empty(await store.ListUnattendedAsync(now, Cancellation));
        Assert.Equal([begun.Key], await store.ListUnattendedAsync(now.AddMinutes(1), Cancellation));
        var stopped = RunLogic.GiveUp(assigned, RunSentences.Store(RunSentences.Broke.With()), withOutcomes: false, now);
        await store.SaveAsync(Guid.NewGuid(), assigned, stopped, Cancellation);

        Assert.Empty(await store.ListUnattendedAsync(now.AddMinutes(1), Cancellation));
        Assert.False(await cohorts.SaveAsync(KeyOf(assigned), At(assigned, messages: 1), Cancellation));
        var row = await new Scenario(worker.Services).QueryAsync(async database => (await database.Instances.FindAsync([begun.Key.Id], Cancellation))!);
        Assert.Equal((RunStatus.Failed, RunSentences.Broke.Say(), null), (row.Status, row.Error, row.Silo));
    }

    [Fact]
    public async Task A_start_whose_caller_has_not_seen_the_last_command_changes_nothing()
    {
        await using var worker = await WorkerHost.BuildAsync(await fixture.NewSystemAsync());
        var store = worker.Get<InstanceRunStore>();
        var begun = await BeginAsync(worker, store);
        var stopped = begun with { Version = begun.Version + 1, Status = RunStatus.Stopped, Desired = new DesiredPlayback { CommandEpoch = 2, Stop = true } };
        await store.SaveAsync(Guid.NewGuid(), begun, new RunSave(stopped), Cancellation);

        Assert.Null(await store.BeginAsync(begun.Key.Id, seen: 1, Cancellation));

        Assert.Equal(RunStatus.Stopped, (await store.LoadAsync(begun.Key.Id, Cancellation))!.Status);
        Assert.True(await store.BeginAsync(begun.Key.Id, seen: 2, Cancellation));
    }

    private static async Task<RunState> BeginAsync(WorkerHost worker, InstanceRunStore store)
    {
        var id = await new Scenario(worker.Services).CreateInstanceAsync();
        Assert.True((await store.LoadAsync(id, Cancellation))!.Status.IsTerminal());
        Assert.True(await store.BeginAsync(id, seen: 0, Cancellation));
        Assert.False(await store.BeginAsync(id, seen: 1, Cancellation));
        return (await store.LoadAsync(id, Cancellation))!;
    }

    private static RunSave Assignment(RunState state) => new(state with { Version = state.Version + 1 })
    {
        Assignment = new PartAssignment(0, [.. state.Parts[0].Cohorts.Select(cohort => cohort.Id)], [(Silo, default)], DateTimeOffset.UtcNow),
    };

    private static CohortKey KeyOf(RunState state) => new(state.Key, state.Parts[0].Cohorts.Single().Id);

    private static CohortCheckpoint At(RunState state, long messages) =>
        new([new AgentCheckpoint(state.Key.Id, AgentState.Playing, 0, 0, 0, messages, 0)], new LatenessHistogram());
}
