using SimulationManager.Core.Grains;

namespace SimulationManager.Worker.Executions;

/// <summary>How agents are added to, and removed from, a part that plays.</summary>
internal sealed partial class RunCoordinator
{
    /// <summary>Persists the first command by itself: whether it can be carried out is known once it is.</summary>
    private async Task SaveAgentChangeAsync(CancellationToken cancellationToken)
    {
        var (command, seen, _) = _commands.Peek();
        var (change, isTaken, refusal) = ((RunCommand.ChangeAgents)command, true, (AgentChangeRefusal?)null);
        // Unlike other commands it must not be repeated by a caller whose first answer got lost.
        if (!AgentChanges.Has(State, change))
        {
            var now = time.GetUtcNow();
            isTaken = seen >= State.Desired.CommandEpoch;
            if (isTaken)
            {
                refusal = AgentChanges.RefusalOf(State, change, now);
                await SaveAsync(AgentChanges.Save(State, change, refusal, now), cancellationToken);
                if (refusal is null && !AgentChanges.Has(State, change)) refusal = AgentChangeRefusal.NoneRemain;
            }
        }
        var done = _commands.Dequeue().Done;
        if (refusal is { } reason) done.TrySetException(new AgentChangeRefusedException(reason));
        else done.TrySetResult(isTaken);
    }
}
