namespace SimulationManager.Worker.Executions;

/// <summary>One caller after another: holds a semaphore until it is disposed.</summary>
internal readonly record struct Turn(SemaphoreSlim Semaphore) : IDisposable
{
    public static async Task<Turn> TakeAsync(SemaphoreSlim semaphore)
    {
        await semaphore.WaitAsync(CancellationToken.None);
        return new Turn(semaphore);
    }

    public void Dispose() => Semaphore.Release();
}
