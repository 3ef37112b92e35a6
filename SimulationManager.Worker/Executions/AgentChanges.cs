using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What <see cref="RunCommand.ChangeAgents"/> makes of a run, as pure functions.</summary>
internal static class AgentChanges
{
    /// <summary>Whether a command was carried out already.</summary>
    public static bool Has(RunState state, RunCommand.ChangeAgents command) => state.Parts.Any(part => part.Agents.Changes.Any(change => change.Id == command.Id));

    /// <summary>Why a command cannot be carried out, as far as the state says; null: it does not say so.</summary>
    public static AgentChangeRefusal? RefusalOf(RunState state, RunCommand.ChangeAgents command, DateTimeOffset now)
    {
        if (command.Part is { } number && state.Parts.All(part => part.Number != number)) return AgentChangeRefusal.UnknownPart;
        var playing = Playing(state, command, now).ToArray();
        if (playing.Length != 1) return playing.Length == 0 ? AgentChangeRefusal.NotPlaying : AgentChangeRefusal.SeveralPartsPlay;
        var agents = playing[0].Agents;
        if (agents.Changes.Count >= AgentCountChange.MaxPerPart) return AgentChangeRefusal.TooManyChanges;
        // Those that were removed have their places in checkpoints and reports as well.
        if (command.Count > ExecutionPlan.MaxAgentsPerPart - agents.Total) return AgentChangeRefusal.TooManyAgents;
        return command.Count <= -agents.Count ? AgentChangeRefusal.NoneRemain : null;
    }

    /// <summary>
    /// What is persisted for a command. Which agents are removed is decided with their checkpoints at hand. Of one that is refused, only
    /// its epoch: delivered again, it must not act after all.
    /// </summary>
    public static RunSave Save(RunState state, RunCommand.ChangeAgents command, AgentChangeRefusal? refusal, DateTimeOffset now)
    {
        var next = state with { Version = state.Version + 1, Desired = state.Desired with { CommandEpoch = state.Desired.CommandEpoch + 1 } };
        if (refusal is not null) return new RunSave(next);
        var part = Playing(state, command, now).Single();
        if (command.Count < 0) return new RunSave(next) { Removal = new PartRemoval(part.Number, command.Id, -command.Count, now) };
        var last = state.Parts.Max(other => other.Agents.Last);
        var added = new AgentCountChange
        {
            Id = command.Id,
            At = now,
            Count = command.Count,
            Agents = [new AgentRange(last + 1, last + command.Count)],
            SeekEpoch = state.Desired.SeekEpoch,
            Released = state.Desired.Released,
        };
        return new RunSave(next.With(part with { Agents = part.Agents.With(added) }));
    }

    /// <summary>The agents with the highest numbers among those that have not ended; null: none of these would remain.</summary>
    /// <param name="part">The part.</param>
    /// <param name="removal">How many.</param>
    /// <param name="checkpoints">Where its agents are; those that were added last may be in none.</param>
    public static AgentCountChange? ChangeOf(PartState part, PartRemoval removal, IEnumerable<CohortCheckpoint> checkpoints)
    {
        var ended = checkpoints.SelectMany(checkpoint => checkpoint.Agents).Where(agent => agent.State.HasEnded()).Select(agent => agent.InstanceId).ToHashSet();
        long[] left = [.. part.Agents.Numbers().Where(number => !ended.Contains(number) && part.Agents.Removed?.Contains(number) != true)];
        return left.Length <= removal.Agents ? null : new AgentCountChange
        {
            Id = removal.Id,
            At = removal.At,
            Count = -removal.Agents,
            Agents = AgentRange.Of(left[^removal.Agents..]),
        };
    }

    /// <summary>Agents that were added and that no silo has yet, at the start.</summary>
    public static IEnumerable<CohortCheckpoint> Begin(PartState part)
    {
        var unassigned = part.Agents.Numbers().TakeLast(part.Unassigned).ToHashSet();
        return part.Agents.Changes
            .Where(change => change.Count > 0 && unassigned.Contains(change.Agents[0].First))
            .Select(change =>
            {
                var fresh = CohortCheckpoint.Fresh(change.Agents.SelectMany(range => range.Numbers()));
                return fresh with { SeekEpoch = change.SeekEpoch, Agents = [.. fresh.Agents.Select(agent => agent with { Released = change.Released })] };
            });
    }

    /// <summary>The same agents, with those ended that were removed: whoever takes them over must not connect them anew.</summary>
    public static CohortCheckpoint WithoutRemoved(this CohortCheckpoint checkpoint, AgentNumbers? removed) => removed is null ? checkpoint : checkpoint with
    {
        Agents = [.. checkpoint.Agents.Select(agent => removed.Contains(agent.InstanceId) && !agent.State.HasEnded() ? agent with { State = AgentState.Stopped } : agent)],
    };

    private static IEnumerable<PartState> Playing(RunState state, RunCommand.ChangeAgents command, DateTimeOffset now) => state.Parts.Where(part =>
        !state.Desired.Stop && part.Status == RunStatus.Running && part.Error is null && part.Elapsed(state.Desired, now) < part.Limit
        && (command.Part is null || part.Number == command.Part));
}
