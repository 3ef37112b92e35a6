using Orleans.Concurrency;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Bundles;

namespace SimulationManager.Worker.Executions;

/// <summary>Answers for the silo that its key names.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class SiloGrain(CohortPlayers players, BundleCache bundles) : Grain, ISiloGrain
{
    public Task<SiloLoad> GetLoad(IReadOnlyList<PlannedFile> bundle)
    {
        var load = players.GetLoad();
        return Task.FromResult(new SiloLoad(load.Agents, load.MessageRate, bundles.Contains(bundle), players.IsDraining));
    }

    // Off the grain's scheduler: the player goes on for as long as its agents play.
    public Task Play(long executionId, long cohortId) => Task.Run(() =>
    {
        RequestContext.Clear();
        players.Play(new CohortKey(executionId, cohortId));
    });

    public Task Follow(long executionId, long cohortId, Directive directive) =>
        players.Find(new CohortKey(executionId, cohortId))?.FollowAsync(directive) ?? Task.CompletedTask;
}
