namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>
/// This process' own processor time and resident memory, against what its control group allows, or the machine has. The process
/// is all there is to a worker, while a control group may hold a whole desktop session.
/// </summary>
public sealed class ProcessUsageSource(ComputeLimits limits, TimeProvider time) : IUsageSource
{
    private readonly Lock _reading = new();
    private (long Timestamp, TimeSpan Processor)? _before;

    public Task<UsageReading> ReadAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new UsageReading(ReadCpuPercent(), 100.0 * Environment.WorkingSet / limits.MemoryBytes));

    private double? ReadCpuPercent()
    {
        // Each reading measures from the one before, whoever asked for that.
        lock (_reading)
        {
            var now = (Timestamp: time.GetTimestamp(), Processor: Environment.CpuUsage.TotalTime);
            double? percent = _before is { } before && time.GetElapsedTime(before.Timestamp, now.Timestamp) is { Ticks: > 0 } elapsed
                ? (now.Processor - before.Processor) / elapsed / limits.Processors * 100
                : null;
            _before = now;
            return percent;
        }
    }
}
