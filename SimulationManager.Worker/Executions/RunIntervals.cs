namespace SimulationManager.Worker.Executions;

/// <summary>
/// How often the coordinator and the cohorts of a run exchange what is not news; news is exchanged at once. A silo may coordinate and
/// play thousands of manual instances, whose progress nobody follows.
/// </summary>
/// <param name="Report">Between the reports of a cohort.</param>
/// <param name="Decide">Between the decisions of a coordinator.</param>
/// <param name="SilenceUntilAsked">How long a cohort is silent until its silo is asked to play it; longer than between its reports.</param>
/// <param name="Check">How often a coordinator that has nothing to persist finds out whether another one has.</param>
internal sealed record RunIntervals(TimeSpan Report, TimeSpan Decide, TimeSpan SilenceUntilAsked, TimeSpan Check)
{
    private static readonly RunIntervals s_execution = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    private static readonly RunIntervals s_instance = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    public static RunIntervals Of(RunKind kind) => kind == RunKind.Execution ? s_execution : s_instance;
}
