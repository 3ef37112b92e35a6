namespace SimulationManager.Replay;

/// <summary>The agents of a cohort that one lane drives.</summary>
internal sealed class CohortShare(ReplayLane lane)
{
    public ReplayLane Lane { get; } = lane;
    public ReplayAgent[] Agents { get; set; } = [];

    /// <summary>Lateness of everything these agents put out; the lane writes it.</summary>
    public LatenessHistogram Lateness { get; } = new();
}
