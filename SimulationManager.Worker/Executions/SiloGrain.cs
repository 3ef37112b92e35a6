using Orleans.Concurrency;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Answers for the silo that its key names.</summary>
[Reentrant, PlacedOnNamedSilo]
public sealed class SiloGrain(CohortPlayers players, BundleCache bundles) : Grain, ISiloGrain
{
    public Task<SiloLoad> GetLoad(IReadOnlyList<PlannedFile> bundle)
    {
        var load = players.GetLoad();
        return Task.FromResult(new SiloLoad(load.Agents, load.MessageRate, bundles.Contains(bundle), players.IsDraining, players.IsOverloaded));
    }

    // Off the grain's scheduler: the player goes on for as long as its agents play.
    public Task Play(CohortKey cohort) => Task.Run(() =>
    {
        RequestContext.Clear();
        players.Play(cohort);
    });

    public Task Follow(CohortKey cohort, Directive directive) =>
        players.Find(cohort)?.FollowAsync(directive) ?? Task.CompletedTask;
}
