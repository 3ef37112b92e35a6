using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;

namespace SimulationManager.Api.Demo;

/// <summary>
/// Gives a first run an admin, a robot, an edge site and a simulation that is ready to start. What was there once and deleted by a person
/// stays deleted; several API processes make it once.
/// </summary>
public sealed partial class FirstRunDemo(
    IServiceScopeFactory scopes, Preparation preparation, IOptions<DemoOptions> options, IHostEnvironment environment, TimeProvider time,
    ILogger<FirstRunDemo> logger)
    : BackgroundService
{
    /// <summary>Any number that no one else locks on this database.</summary>
    private const long LockKey = 0x51B0_0B0A;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!(options.Value.Enabled ?? environment.IsDevelopment())) return;
        await preparation.WaitAsync(stoppingToken);
        try
        {
            await Retry.WhileUnavailable(RetryInterval, time, exception => LogNotYet(logger, exception)).ExecuteAsync(SeedAsync, stoppingToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A demo that cannot be made must not take the API down.
            LogFailed(logger, exception);
        }
    }

    private async ValueTask SeedAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        await database.Database.OpenConnectionAsync(cancellationToken);
        // Another process may hold it: one that waits longer than a command may take retries.
        await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await scope.ServiceProvider.GetRequiredService<DemoSeed>().SeedAsync(cancellationToken);
        }
        finally
        {
            await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    [LoggerMessage(701, LogLevel.Debug, "The demo waits for a backing service")]
    private static partial void LogNotYet(ILogger logger, Exception exception);

    [LoggerMessage(702, LogLevel.Error, "The demo could not be made")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
