using Orleans.Placement;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>
/// One agent, addressable by its number from anywhere. It is activated on the silo that plays it and speaks to the local engine;
/// the engine's threads, not this grain, put the messages out.
/// </summary>
[PreferLocalPlacement]
public sealed class InstanceGrain(CohortPlayers players) : Grain, IInstanceGrain
{
    private string? _cohort;
    private long _instanceId;

    public Task Join(string cohort, long instanceId)
    {
        _cohort = cohort;
        _instanceId = instanceId;
        // It lives as long as its agent, however long nobody asks for it.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public async Task<AgentCheckpoint?> GetState() =>
        _cohort is not null && players.Find(_cohort) is { } player ? await player.StateOfAsync(_instanceId) : null;

    public Task Leave()
    {
        _cohort = null;
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
