using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>What is asked of a cohort that has begun, each as the change of one thing.</summary>
internal static class CohortCommands
{
    public static Task ResumeAsync(this ReplayCohort cohort) => cohort.PlayAsync(AsItIs(cohort));

    public static Task SeekAsync(this ReplayCohort cohort, TimeSpan position, bool paused = false) => cohort.PlayAsync(AsItIs(cohort) with { Seek = position, Paused = paused });

    public static Task SetRateAsync(this ReplayCohort cohort, double rate) => cohort.PlayAsync(AsItIs(cohort) with { Rate = rate });

    /// <summary>The time left counts only for agents that have not begun.</summary>
    private static Playback AsItIs(ReplayCohort cohort) => new(TimeSpan.Zero, Paused: false, cohort.Rate, Seek: null);
}
