using Orleans.Concurrency;
using SimulationManager.Worker.Bundles;

namespace SimulationManager.Worker.Executions;

/// <summary>Commands a <see cref="CohortPlayer"/> of this silo. It has no state of its own: a new activation finds the same player.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class CohortGrain(CohortPlayers players, IGrainFactory grains) : Grain, ICohortGrain
{
    /// <summary>Instances that are activated at the same time: more would only wait in the directory's queue.</summary>
    private const int ActivationBatch = 250;

    private string Key => this.GetPrimaryKeyString();

    public async Task<CohortReadiness> Prepare(CohortOrder order)
    {
        try
        {
            var player = await players.PrepareAsync(Key, order);
            await ForEachInstance(order, (instance, id) => instance.Join(Key, id));
            return new CohortReadiness { MessagesPerPass = player.MessagesPerPass };
        }
        catch (BundleUnusableException exception)
        {
            return new CohortReadiness { Error = exception.Message };
        }
    }

    public Task Begin(TimeSpan limit, bool paused) => Player().BeginAsync(limit, paused);

    public async Task<CohortReport?> GetReport() => players.Find(Key) is { } player ? await player.ReportAsync() : null;

    public Task Pause() => Player().PauseAsync();

    public Task Resume() => Player().ResumeAsync();

    public Task Seek(TimeSpan position) => Player().SeekAsync(position);

    public Task SetRate(double rate) => Player().SetRateAsync(rate);

    public async Task<CohortOutcome?> End() => players.Find(Key) is { } player ? await player.EndAsync() : null;

    public async Task Release()
    {
        var player = players.Find(Key);
        await players.ReleaseAsync(Key);
        if (player is not null) await ForEachInstance(player.Order, (instance, _) => instance.Leave());
        DeactivateOnIdle();
    }

    private async Task ForEachInstance(CohortOrder order, Func<IInstanceGrain, long, Task> call)
    {
        var ids = CohortCheckpoint.FromBytes(order.Checkpoint).Agents.Select(agent => agent.InstanceId);
        foreach (var batch in ids.Chunk(ActivationBatch))
            await Task.WhenAll(batch.Select(id => call(grains.GetGrain<IInstanceGrain>($"{order.ExecutionId}/{id}"), id)));
    }

    private CohortPlayer Player() =>
        players.Find(Key) ?? throw new InvalidOperationException($"The cohort '{Key}' does not play here.");
}
