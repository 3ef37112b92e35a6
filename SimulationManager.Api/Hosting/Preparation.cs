using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Hosting;

/// <summary>What a feature must have read from the database before requests can be served.</summary>
public interface IPreparationStep
{
    Task PrepareAsync(CancellationToken cancellationToken);
}

/// <summary>What must be done before the API can serve: the schema, the features' steps, the bucket. Tried until it succeeds.</summary>
public sealed partial class Preparation(
    IServiceProvider services, IEnumerable<IPreparationStep> steps, IConfiguration configuration, TimeProvider time, ILogger<Preparation> logger)
    : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once requests can be served.</summary>
    public bool IsDone => _done.Task.IsCompletedSuccessfully;

    /// <summary>Waits until requests can be served.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _done.Task.WaitAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await UntilDoneAsync("database", PrepareDatabaseAsync, stoppingToken);
        _done.TrySetResult();
        await UntilDoneAsync("storage", services.GetRequiredService<BundleStore>().EnsureBucketAsync, stoppingToken);
    }

    private async Task PrepareDatabaseAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetValue("Database:MigrateOnStart", true)) await DatabaseMigrator.MigrateAsync(services, cancellationToken);
        foreach (var step in steps) await step.PrepareAsync(cancellationToken);
    }

    private async Task UntilDoneAsync(string what, Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        await Retry.WhileUnavailable(RetryInterval, time, exception => LogNotYet(logger, exception, what))
            .ExecuteAsync(async token => await work(token), cancellationToken);

    [LoggerMessage(611, LogLevel.Warning, "The {What} could not be prepared yet; trying again")]
    private static partial void LogNotYet(ILogger logger, Exception exception, string what);
}

/// <summary>Until the schema is there, requests are asked to come back.</summary>
internal sealed class PreparationGate(RequestDelegate next, Preparation preparation)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!preparation.IsDone && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            throw Refuse.Unavailable(Messages.DatabaseUnavailable);
        return next(context);
    }
}
