namespace SimulationManager.Worker.Listening;

/// <summary>Bytes that a run may still store. Safe for all threads.</summary>
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

    /// <summary>Takes bytes that are stored already.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _left, -bytes);
}
