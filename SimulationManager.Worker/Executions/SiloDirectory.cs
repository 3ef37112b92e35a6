using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>The silos that can play, as the cluster's membership and the silos themselves tell.</summary>
public sealed partial class SiloDirectory(ISiloStatusOracle oracle, IGrainFactory grains, TimeProvider time, ILogger<SiloDirectory> logger)
{
    /// <summary>
    /// The first call to a silo that has just started takes seconds on a busy machine. One that hangs is not waited for this long:
    /// the membership declares it dead earlier, which ends the call.
    /// </summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>True while the silo is a member in good standing.</summary>
    public bool IsActive(SiloAddress silo) => oracle.GetApproximateSiloStatus(silo) == SiloStatus.Active;

    /// <summary>Silos that take agents, with what they have to do. A silo that does not answer in time is left out.</summary>
    public async Task<IReadOnlyList<(SiloAddress Silo, SiloLoad Load)>> ListAsync(IReadOnlyList<PlannedFile> bundle)
    {
        var active = oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Order().ToArray();
        var loads = await Task.WhenAll(active.Select(silo => AskAsync(silo, bundle)));
        return [.. active.Zip(loads).Where(pair => pair.Second is { Draining: false }).Select(pair => (pair.First, pair.Second!.Value))];
    }

    /// <summary>The cohort grain on its silo.</summary>
    public ICohortGrain CohortOn(SiloAddress silo, long executionId, long cohortId) =>
        grains.GetGrain<ICohortGrain>(SiloKey.Of($"{executionId}/{cohortId}", silo));

    private async Task<SiloLoad?> AskAsync(SiloAddress silo, IReadOnlyList<PlannedFile> bundle)
    {
        try
        {
            return await grains.GetGrain<ISiloGrain>(SiloKey.Of("silo", silo)).GetLoad(bundle).WaitAsync(AnswerWithin, time);
        }
        catch (Exception exception)
        {
            LogNoAnswer(logger, exception, silo);
            return null;
        }
    }

    [LoggerMessage(431, LogLevel.Warning, "Silo {Silo} does not tell its load and gets no agents for now")]
    private static partial void LogNoAnswer(ILogger logger, Exception exception, SiloAddress silo);
}
