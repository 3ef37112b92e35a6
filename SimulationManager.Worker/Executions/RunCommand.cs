namespace SimulationManager.Worker.Executions;

/// <summary>What a client can ask of a run that goes on.</summary>
public abstract record RunCommand
{
    private RunCommand()
    {
    }

    /// <summary>Hold all agents, and the time limit.</summary>
    public sealed record Pause : RunCommand;

    /// <summary>Let paused agents go on.</summary>
    public sealed record Resume : RunCommand;

    /// <summary>Move the agents of the parts that play, or are made ready as the run's first, to a position of their pass.</summary>
    /// <param name="Position">Not negative.</param>
    public sealed record Seek(TimeSpan Position) : RunCommand;

    /// <summary>Change the speed of all agents, also of parts that follow.</summary>
    /// <param name="Rate">Speed factor.</param>
    public sealed record SetRate(double Rate) : RunCommand;

    /// <summary>Spread the agents of the parts that play over the silos anew, so that all silos have about the same to do.</summary>
    public sealed record Rebalance : RunCommand;

    /// <summary>End the run.</summary>
    public sealed record Stop : RunCommand;
}
