using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>A cohort as its coordinator knows it.</summary>
internal sealed class CohortHandle(ExecutionCohort row, ICohortGrain grain, int agents)
{
    public long Id => row.CohortId;
    public SiloAddress Silo { get; } = SiloAddress.FromParsableString(row.Silo);
    public string SiloName => row.Silo;
    public byte[] Checkpoint => row.Checkpoint;
    public ICohortGrain Grain { get; } = grain;
    public int Agents { get; } = agents;

    /// <summary>Its last report; null before the first.</summary>
    public CohortReport? Report { get; private set; }

    /// <summary>When it was last heard of, as a timestamp of the coordinator's clock.</summary>
    public long HeardAt { get; private set; }

    public bool IsPrepared { get; set; }

    /// <summary>It has been told to play, or has told that it does.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Its silo is gone or does not know it: others must take its agents over.</summary>
    public bool IsLost { get; set; }

    public bool HasEnded => Report is { } report && report.AgentsEnded == report.Agents;

    public void Heard(CohortReport? report, long timestamp)
    {
        if (report is not null) Report = report;
        HasBegun |= report is { Begun: true };
        HeardAt = timestamp;
    }
}
