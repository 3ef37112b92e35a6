using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Aspire.Hosting.Redis;

/// <summary>Connects once, and pings.</summary>
internal sealed class RedisHealthCheck(IResourceWithConnectionString resource) : IHealthCheck, IAsyncDisposable
{
    private const int TimeoutMilliseconds = 3000;

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private ConnectionMultiplexer? _connection;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var connection = await ConnectAsync(cancellationToken);
            await connection.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy(exception.Message, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        _connecting.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } existing)
            return existing;
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            var options = ConfigurationOptions.Parse((await resource.GetConnectionStringAsync(cancellationToken))!);
            (options.ConnectTimeout, options.AsyncTimeout, options.ConnectRetry) = (TimeoutMilliseconds, TimeoutMilliseconds, 1);
            return _connection ??= await ConnectionMultiplexer.ConnectAsync(options);
        }
        finally
        {
            _connecting.Release();
        }
    }
}
