using SimulationManager.Core.Model;

namespace SimulationManager.Core.Grains;

/// <summary>What a client can ask of a run that goes on.</summary>
[GenerateSerializer, Immutable]
public abstract record RunCommand
{
    private RunCommand()
    {
    }

    /// <exception cref="ArgumentOutOfRangeException">A value is not within its range.</exception>
    public virtual void Validate()
    {
    }

    /// <summary>Hold all agents, and the time limit.</summary>
    [GenerateSerializer, Immutable]
    public sealed record Pause : RunCommand;

    /// <summary>Let paused agents go on.</summary>
    [GenerateSerializer, Immutable]
    public sealed record Resume : RunCommand;

    /// <summary>Move the agents of the parts that play, or are made ready as the run's first, to a position of the bag.</summary>
    /// <param name="Position">
    /// From the bag's first message, whatever the start offset; not negative. Before the part that is played: its start; past it: the pass is over.
    /// </param>
    [GenerateSerializer, Immutable]
    public sealed record Seek([property: Id(0)] TimeSpan Position) : RunCommand
    {
        public override void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(Position, TimeSpan.Zero);
    }

    /// <summary>Change the speed of all agents, also of parts that follow.</summary>
    /// <param name="Rate">Speed factor, <see cref="PlaybackOptions.MinRate"/>–<see cref="PlaybackOptions.MaxRate"/>.</param>
    [GenerateSerializer, Immutable]
    public sealed record SetRate([property: Id(0)] double Rate) : RunCommand
    {
        public override void Validate()
        {
            if (Rate is not (>= PlaybackOptions.MinRate and <= PlaybackOptions.MaxRate))
                throw new ArgumentOutOfRangeException(nameof(Rate), Rate, $"The rate must be {PlaybackOptions.MinRate}–{PlaybackOptions.MaxRate}.");
        }
    }

    /// <summary>Let each agent that is paused put out its next messages at once, up to the end of the pass that it is playing. Changes nothing while the run is not paused.</summary>
    /// <param name="Messages">How many, at least 1.</param>
    [GenerateSerializer, Immutable]
    public sealed record Release([property: Id(0)] int Messages) : RunCommand
    {
        public override void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(Messages, 1);
    }

    /// <summary>
    /// Spread the agents of the parts that play over the silos anew, so that all silos have about the same to do. Agents move between
    /// two messages and keep their times.
    /// </summary>
    [GenerateSerializer, Immutable]
    public sealed record Rebalance : RunCommand;

    /// <summary>Add agents to a part that plays, or remove some of its agents.</summary>
    /// <param name="Id">Names the command: delivered again, it changes nothing.</param>
    /// <param name="Part">The step's order or the group's id; null: the one that plays.</param>
    /// <param name="Count">How many to add; negative: to remove, those with the highest numbers first. Not 0.</param>
    [GenerateSerializer, Immutable]
    public sealed record ChangeAgents([property: Id(0)] Guid Id, [property: Id(1)] long? Part, [property: Id(2)] int Count) : RunCommand
    {
        public override void Validate()
        {
            if (Count == 0 || Math.Abs((long)Count) > ExecutionPlan.MaxAgentsPerPart)
                throw new ArgumentOutOfRangeException(nameof(Count), Count, $"Count must be 1–{ExecutionPlan.MaxAgentsPerPart}, or as many to remove.");
        }
    }

    /// <summary>Replace the faults that are injected into parts that have not ended. They act beside those of the plan, from each agent's next message on.</summary>
    /// <param name="Parts">What each part is to have; of several that are meant for one part, the last counts.</param>
    [GenerateSerializer, Immutable]
    public sealed record InjectFaults([property: Id(0)] PartFaults[] Parts) : RunCommand
    {
        public override void Validate()
        {
            if (Parts.FirstOrDefault(part => part.Faults.Length > FleetOptions.MaxFaults) is { Faults.Length: var count })
                throw new ArgumentOutOfRangeException(nameof(Parts), count, $"A step or group can have {FleetOptions.MaxFaults} injected faults.");
        }
    }

    /// <summary>End all agents, within 2 s, and with them the run.</summary>
    [GenerateSerializer, Immutable]
    public sealed record Stop : RunCommand;
}

/// <summary>Faults for a part of a run.</summary>
/// <param name="Part">The step's order or the group's id; null: all parts.</param>
/// <param name="Faults">What is to be injected; none: nothing.</param>
[GenerateSerializer, Immutable]
public sealed record PartFaults([property: Id(0)] long? Part, [property: Id(1)] FaultOptions[] Faults);
