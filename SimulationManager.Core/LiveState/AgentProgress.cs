namespace SimulationManager.Core.LiveState;

/// <summary>How far an agent has come, in percent with one decimal, rounded down so that 100 means done.</summary>
public static class AgentProgress
{
    /// <summary>Through the pass that it is playing.</summary>
    public static double OfPass(in LiveAgent agent, LiveCohort cohort) => Percent(ShareOfPass(agent.Position, cohort.PassLength));

    /// <summary>Through all its passes.</summary>
    public static double OfPasses(in LiveAgent agent, LiveCohort cohort, int passes) => OfPasses(agent.RepeatsDone, agent.Position, cohort.PassLength, passes);

    /// <summary>Through all its passes.</summary>
    /// <param name="done">Passes that it has played.</param>
    /// <param name="position">Nanoseconds of the pass that it is playing.</param>
    /// <param name="length">Nanoseconds of one pass.</param>
    /// <param name="passes">All its passes, 1 or more.</param>
    public static double OfPasses(int done, long position, long length, int passes) => Percent(Math.Min(1, (done + ShareOfPass(position, length)) / passes));

    private static double ShareOfPass(long position, long length) => length == 0 ? 0 : Math.Clamp((double)position / length, 0, 1);

    private static double Percent(double share) => Math.Floor(share * 1000) / 10;
}
