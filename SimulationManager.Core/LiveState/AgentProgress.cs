using SimulationManager.Core.LiveState;

namespace SimulationManager.Api.Executions;

/// <summary>How far an agent that plays has come, in percent with one decimal, rounded down so that 100 means done.</summary>
internal static class AgentProgress
{
    /// <summary>Through the pass that it is playing.</summary>
    public static double OfPass(in LiveAgent agent, LiveCohort cohort) => Percent(ShareOfPass(agent, cohort));

    /// <summary>Through all its passes.</summary>
    public static double OfPasses(in LiveAgent agent, LiveCohort cohort, int passes) => Percent(Math.Min(1, (agent.RepeatsDone + ShareOfPass(agent, cohort)) / passes));

    private static double ShareOfPass(in LiveAgent agent, LiveCohort cohort) => cohort.PassLength == 0 ? 0 : Math.Clamp((double)agent.Position / cohort.PassLength, 0, 1);

    private static double Percent(double share) => Math.Floor(share * 1000) / 10;
}
