namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>
/// This process' own processor time and resident memory, against what its control group allows, or the machine has. The process
/// is all there is to a worker, while a control group may hold a whole desktop session.
/// </summary>
public sealed class ProcessUsageSource(ComputeLimits limits, TimeProvider time) : IUsageSource
{
    private (long Timestamp, TimeSpan Processor)? _before;

    public Task<UsageReading> ReadAsync(CancellationToken cancellationToken)
    {
        var now = (Timestamp: time.GetTimestamp(), Processor: Environment.CpuUsage.TotalTime);
        double? cpu = _before is { } before && time.GetElapsedTime(before.Timestamp, now.Timestamp) is { Ticks: > 0 } elapsed
            ? (now.Processor - before.Processor) / elapsed / limits.Processors * 100
            : null;
        _before = now;
        return Task.FromResult(new UsageReading(cpu, 100.0 * Environment.WorkingSet / limits.MemoryBytes));
    }
}
