using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Asks a resource for a page.</summary>
internal sealed class HttpHealthCheck(IHttpClientFactory clients, Func<EndpointReference> endpoint, string? path, int expectedStatus) : IHealthCheck
{
    public const string ClientName = "aspire-health-check";
    // Longer than a service waits for what it needs, or its reasons would never be heard.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var address = new Uri(new Uri(endpoint().Url), path ?? "/");
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var (isDegraded, reasons) = await HealthAnswer.ReadAsync(answer.Content, cancellationToken);
            if ((int)answer.StatusCode == expectedStatus)
                return isDegraded ? HealthCheckResult.Degraded(reasons) : HealthCheckResult.Healthy();
            var text = string.Create(CultureInfo.InvariantCulture, $"{address} answered {(int)answer.StatusCode} instead of {expectedStatus}");
            return HealthCheckResult.Unhealthy(reasons.Length > 0 ? $"{reasons} ({text})" : $"{text}.");
        }
        catch (HttpRequestException exception)
        {
            return HealthCheckResult.Unhealthy($"{address} does not answer: {exception.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"{address} did not answer within {Timeout.TotalSeconds:0} s.");
        }
    }
}
