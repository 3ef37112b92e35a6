using Orleans.Concurrency;
using SimulationManager.Core.Grains;

namespace SimulationManager.Worker.Instances;

/// <summary>
/// Takes commands for one agent that a person added by hand. The agent plays on the silo on which this grain is activated and
/// lives as long as it; whether it ought to play is in PostgreSQL.
/// </summary>
[Reentrant]
public sealed class ManualInstanceGrain(ManualInstanceStore store, ManualPlayers players, TimeProvider time)
    : Grain, IManualInstanceGrain, IManualInstanceKeeper, IDisposable
{
    /// <summary>How long a start waits for a bundle that has to be fetched first; the agent begins when it is there.</summary>
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(5);

    /// <summary>One command after another: a start must not find the player that a stop is about to release.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    private long Id => this.GetPrimaryKeyLong();

    public Task Start() => InTurnAsync(() => PlayAsync(() => store.StartAsync(Id, players.Silo, CancellationToken.None)));

    public Task TakeUp() => InTurnAsync(() => PlayAsync(() => store.TakeUpAsync(Id, players.Silo, CancellationToken.None)));

    public Task Stop() => InTurnAsync(async () =>
    {
        await store.StopAsync(Id, CancellationToken.None);
        await players.ReleaseAsync(Id);
        DeactivateOnIdle();
    });

    public void Dispose() => _turn.Dispose();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        await players.HandOverAsync(Id, cancellationToken);

    private async Task InTurnAsync(Func<Task> command)
    {
        await _turn.WaitAsync();
        try
        {
            await command();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task PlayAsync(Func<Task<ManualPlay?>> claim)
    {
        if (await players.PlaysAsync(Id)) return;
        if (players.IsDraining)
        {
            DeactivateOnIdle();
            throw new InvalidOperationException("This silo is shutting down; the instance goes on elsewhere.");
        }
        if (await claim() is not { } play) return;
        // It lives as long as its agent, however long nobody asks for it.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var ready = players.Play(play);
        await Task.WhenAny(ready, Task.Delay(ReadyWithin, time));
    }
}
