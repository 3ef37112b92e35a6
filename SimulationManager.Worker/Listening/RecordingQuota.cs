namespace SimulationManager.Worker.Listening;

/// <summary>Bytes that may still be taken: of a run's share of storage, or of a worker's disk. Safe for all threads.</summary>
internal sealed class RecordingQuota(long bytes)
{
    private long _left = bytes;

    /// <summary>Takes bytes; false: so many are not left.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0) return true;
        Interlocked.Add(ref _left, bytes);
        return false;
    }

    /// <summary>Takes bytes whether they are left or not; gives them back where they are less than 0.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _left, -bytes);
}
