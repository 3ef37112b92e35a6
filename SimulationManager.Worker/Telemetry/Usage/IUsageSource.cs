namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>What a worker uses of the processors and the memory that it may use.</summary>
/// <param name="CpuPercent">0–100 since the reading before; null when it takes another reading to know.</param>
/// <param name="MemoryPercent">0–100; null as above.</param>
public readonly record struct UsageReading(double? CpuPercent, double? MemoryPercent);

/// <summary>Where a worker learns how busy it is.</summary>
public interface IUsageSource
{
    /// <summary>How busy this worker is now.</summary>
    /// <exception cref="UsageUnknownException">It cannot be learned; the message says why.</exception>
    Task<UsageReading> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A usage source has failed; the message says why, in words for a person who looks at a dashboard.</summary>
public sealed class UsageUnknownException(string message, Exception? innerException = null) : Exception(message, innerException);
