using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The silos of the cluster, by its membership and by their own answers.</summary>
public sealed partial class SiloDirectory(ISiloStatusOracle oracle, IGrainFactory grains, TimeProvider time, ILogger<SiloDirectory> logger) : ISilos
{
    /// <summary>
    /// The first call to a silo that has just started takes seconds on a busy machine. One that hangs is not waited for this long:
    /// the membership declares it dead earlier, which ends the call.
    /// </summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    public IReadOnlySet<string> Active => oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(silo => silo.ToParsableString()).ToHashSet(StringComparer.Ordinal);

    public async Task<IReadOnlyList<(SiloAddress Silo, SiloLoad Load)>> ListAsync(IReadOnlyList<PlannedFile> bundle)
    {
        var active = oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Order().ToArray();
        var loads = await Task.WhenAll(active.Select(silo => AskAsync(silo, bundle)));
        return [.. active.Zip(loads).Where(pair => pair.Second is { Draining: false }).Select(pair => (pair.First, pair.Second!.Value))];
    }

    public Task PlayAsync(string silo, CohortKey cohort) => SiloOf(SiloAddress.FromParsableString(silo)).Play(cohort);

    public Task FollowAsync(string silo, CohortKey cohort, Directive directive) =>
        SiloOf(SiloAddress.FromParsableString(silo)).Follow(cohort, directive);

    private async Task<SiloLoad?> AskAsync(SiloAddress silo, IReadOnlyList<PlannedFile> bundle)
    {
        try
        {
            return await SiloOf(silo).GetLoad(bundle).WaitAsync(AnswerWithin, time);
        }
        catch (Exception exception)
        {
            LogNoAnswer(logger, exception, silo);
            return null;
        }
    }

    private ISiloGrain SiloOf(SiloAddress silo) => grains.GetGrain<ISiloGrain>(SiloKey.Of("silo", silo.ToParsableString()));

    [LoggerMessage(431, LogLevel.Warning, "Silo {Silo} does not tell its load and gets no agents for now")]
    private static partial void LogNoAnswer(ILogger logger, Exception exception, SiloAddress silo);
}
