using System.Net.Sockets;
using Orleans.Configuration;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Hosting;

/// <summary>
/// The Orleans client. It lives in a host of its own, so that the API starts, serves and stays up while no worker is there, and
/// finds workers by itself when they come.
/// </summary>
public sealed partial class WorkerConnection(
    IConfiguration configuration, ILoggerFactory loggers, TimeProvider time, ILogger<WorkerConnection> logger)
    : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(15);

    private IClusterClient? _client;
    private volatile bool _isConnected;

    /// <summary>Whether a worker can be reached as far as we know.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>Ends the request before anything is written when no worker is there.</summary>
    /// <exception cref="RefusalException">No worker (503 with <c>Retry-After</c>).</exception>
    public void RefuseIfAway()
    {
        if (!_isConnected) throw Refuse.Unavailable(Messages.WorkerUnavailable);
    }

    /// <summary>The grain of an execution.</summary>
    /// <exception cref="RefusalException">No worker was there yet (503).</exception>
    public IExecutionGrain Execution(long executionId) =>
        (_client ?? throw Refuse.Unavailable(Messages.WorkerUnavailable)).GetGrain<IExecutionGrain>(executionId);

    /// <summary>The grain of an agent that was added by hand.</summary>
    /// <exception cref="RefusalException">No worker was there yet (503).</exception>
    public IManualInstanceGrain ManualInstance(long instanceId) =>
        (_client ?? throw Refuse.Unavailable(Messages.WorkerUnavailable)).GetGrain<IManualInstanceGrain>(instanceId);

    /// <summary>What agents on a silo put out.</summary>
    /// <param name="silo">The silo, in Orleans' parsable form.</param>
    /// <exception cref="RefusalException">No worker was there yet (503).</exception>
    public IAgentFeedGrain AgentFeed(string silo) =>
        (_client ?? throw Refuse.Unavailable(Messages.WorkerUnavailable)).GetGrain<IAgentFeedGrain>(SiloKey.Of(IAgentFeedGrain.Name, silo));

    /// <summary>Tries endpoints from a worker.</summary>
    /// <exception cref="RefusalException">No worker was there yet (503).</exception>
    public IEndpointCheckGrain EndpointChecker() =>
        (_client ?? throw Refuse.Unavailable(Messages.WorkerUnavailable)).GetGrain<IEndpointCheckGrain>(0);

    /// <summary>Whether an exception says that a worker could not be reached, as opposed to what it answered.</summary>
    public static bool IsWorkerFailure(Exception exception) =>
        exception is OrleansException or TimeoutException or SocketException or RefusalException { StatusCode: StatusCodes.Status503ServiceUnavailable };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var retry = Retry.While(_ => !stoppingToken.IsCancellationRequested, RetryInterval, time, exception => LogNotConnected(logger, exception));
        try
        {
            // Should the inner host stop by itself, another takes its place.
            while (!stoppingToken.IsCancellationRequested) await retry.ExecuteAsync(StayConnectedAsync, stoppingToken);
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // The API is going; that no worker came before is no failure.
        }
    }

    private async ValueTask StayConnectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var host = Build();
            await host.StartAsync(cancellationToken);
            _client = host.Services.GetRequiredService<IClusterClient>();
            _isConnected = true;
            LogConnected(logger);
            await host.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            _isConnected = false;
            _client = null;
        }
    }

    private IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, InnerLifetime>();
        // Orleans reads its section itself: which cluster, and that its members are in Redis.
        builder.Configuration.AddConfiguration(configuration);
        builder.AddKeyedRedisClient(BackingServices.Redis, settings => settings.DisableHealthChecks = settings.DisableTracing = true, options => options.AbortOnConnectFail = false);
        builder.UseOrleansClient(client => client
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout)
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5))
            .UseConnectionRetryFilter(WaitForGatewayAsync)
            .AddGatewayCountChangedHandler((_, change) => _isConnected = change.NumberOfConnectedGateways > 0)
            .AddClusterConnectionLostHandler((_, _) => _isConnected = false));
        return builder.Build();
    }

    /// <summary>Orleans' own retry of its first connection: whether to try again.</summary>
    private async Task<bool> WaitForGatewayAsync(Exception exception, CancellationToken cancellationToken)
    {
        LogWaiting(logger, exception.GetType().Name);
        await Task.Delay(RetryInterval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>Signals end the API, and that ends this host: of its own it hears none and announces nothing.</summary>
    private sealed class InnerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    [LoggerMessage(601, LogLevel.Information, "A worker is connected: simulations can be started")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(602, LogLevel.Warning, "The connection to the workers failed; trying again")]
    private static partial void LogNotConnected(ILogger logger, Exception exception);

    [LoggerMessage(603, LogLevel.Debug, "No worker yet ({Reason})")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
