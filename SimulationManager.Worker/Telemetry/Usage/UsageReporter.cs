using Microsoft.Extensions.Options;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.LiveState;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Telemetry.Usage;

/// <summary>Reports every few seconds how busy this worker is, for the simulations' dashboards.</summary>
public sealed partial class UsageReporter(
    IUsageSource source, WorkerUsageStore store, ReplayEngine engine, ILocalSiloDetails silo, IOptions<UsageOptions> options,
    IOptions<BundleCacheOptions> cache, TimeProvider time, ILogger<UsageReporter> logger) : BackgroundService
{
    private static readonly TimeSpan RedisWithin = TimeSpan.FromSeconds(5);

    private long _samples;
    private string? _error;
    private bool _redisAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            var usage = await ReadAsync(stoppingToken);
            await WriteAsync(usage, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<WorkerUsage> ReadAsync(CancellationToken cancellationToken)
    {
        var agents = engine.GetLoad().Agents;
        try
        {
            var reading = await source.ReadAsync(cancellationToken);
            if (_error is not null) LogRecovered(logger);
            _error = null;
            if (reading is { CpuPercent: { } cpu, MemoryPercent: { } memory })
                return new WorkerUsage { CpuPercent = Percent(cpu), MemoryPercent = Percent(memory), DiskPercent = DiskPercent(), PlayingAgents = agents, Samples = ++_samples + 1 };
            return Unknown(agents, samples: 1);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = exception is UsageUnknownException ? exception.Message : "The worker's own usage could not be read; see its log.";
            if (_error != reason) LogSourceFailed(logger, exception, reason);
            _error = reason;
            return Unknown(agents, _samples) with { Error = reason };
        }
    }

    private static WorkerUsage Unknown(int agents, long samples) =>
        new() { CpuPercent = 0, MemoryPercent = 0, DiskPercent = 0, PlayingAgents = agents, Samples = samples };

    private async Task WriteAsync(WorkerUsage usage, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteAsync(silo.SiloAddress.ToParsableString(), usage).WaitAsync(RedisWithin, time, cancellationToken);
            _redisAway = false;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_redisAway) LogRedisAway(logger, exception);
            _redisAway = true;
        }
    }

    /// <summary>Of the disk that holds the bundles.</summary>
    private double DiskPercent()
    {
        var drive = new DriveInfo(Path.GetFullPath(cache.Value.CacheFolder.Length > 0 ? cache.Value.CacheFolder : Path.GetTempPath()));
        return drive.TotalSize == 0 ? 0 : Percent(100.0 * (drive.TotalSize - drive.AvailableFreeSpace) / drive.TotalSize);
    }

    private static double Percent(double percent) => Math.Clamp(percent, 0, 100);

    [LoggerMessage(701, LogLevel.Warning, "How busy this worker is cannot be told: {Reason}")]
    private static partial void LogSourceFailed(ILogger logger, Exception exception, string reason);

    [LoggerMessage(702, LogLevel.Information, "How busy this worker is can be told again")]
    private static partial void LogRecovered(ILogger logger);

    [LoggerMessage(703, LogLevel.Warning, "Redis does not take this worker's usage; trying again")]
    private static partial void LogRedisAway(ILogger logger, Exception exception);
}
