using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Begins deletions and tells how they go; <see cref="DeletionWorker"/> carries them out.</summary>
public sealed class DeletionService(RobotDbContext database, DeletionSignal signal, TimeProvider time)
{
    /// <summary>Begins to delete a simulation; asking again changes nothing.</summary>
    /// <exception cref="RefusalException">Not found (404) or running (409).</exception>
    public async Task<DeletionStarted> StartAsync(long simulationId, CancellationToken cancellationToken)
    {
        await database.InTransactionAsync(token => ClaimAsync(simulationId, token), cancellationToken);
        signal.Set();
        return new DeletionStarted(simulationId, SimulationStatus.Deleting.ToWire());
    }

    /// <summary>How far a deletion has come, also after it is over.</summary>
    /// <exception cref="RefusalException">The simulation was never asked to be deleted (404).</exception>
    public async Task<DeletionView> GetAsync(long simulationId, CancellationToken cancellationToken)
    {
        var deletion = await database.SimulationDeletions.AsNoTracking().SingleOrDefaultAsync(row => row.SimulationId == simulationId, cancellationToken)
            ?? throw Refuse.NotFound(Messages.DeletionNotFound, simulationId);
        return DeletionView.Of(deletion);
    }

    private async Task<bool> ClaimAsync(long simulationId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var claimed = await database.Simulations
            .Where(simulation => simulation.Id == simulationId && simulation.Status == SimulationStatus.Pending && simulation.DeletedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(simulation => simulation.Status, SimulationStatus.Deleting).SetProperty(simulation => simulation.UpdatedAt, now),
                cancellationToken);
        if (claimed == 0) return await WhyNotAsync(simulationId, cancellationToken);
        database.SimulationDeletions.Add(new SimulationDeletion { SimulationId = simulationId, Status = DeletionStatus.Pending, StartedAt = now });
        await database.SaveChangesAsync(cancellationToken);
        return true;
    }

    private async Task<bool> WhyNotAsync(long simulationId, CancellationToken cancellationToken)
    {
        var status = await database.Simulations.Where(simulation => simulation.Id == simulationId)
            .Select(simulation => (SimulationStatus?)simulation.Status).SingleOrDefaultAsync(cancellationToken);
        return status switch
        {
            null or SimulationStatus.Deleted => throw Refuse.NotFound(Messages.SimulationNotFound, simulationId),
            SimulationStatus.Running => throw Refuse.Conflict(Messages.SimulationRunning),
            SimulationStatus.Deleting => false,
            _ => throw Refuse.Conflict(Messages.SimulationNotReady),
        };
    }
}

/// <summary>Wakes the deletion worker of this process, so that it does not wait for its next look.</summary>
public sealed class DeletionSignal : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0);

    public void Set() => _signal.Release();

    /// <summary>Waits for a signal, at most as long as told.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _signal.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _signal.Dispose();
}
