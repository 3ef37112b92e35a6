using System.Globalization;
using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SimulationManager.Core.Storage;

/// <summary>
/// Asks the server for its root without a signature. Every S3 server answers that, if only to refuse it, so the check
/// needs no permission and no call that only one product has.
/// </summary>
internal sealed class S3HealthCheck(IHttpClientFactory clients, Uri endpoint) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Timeout);
        try
        {
            using var client = clients.CreateClient();
            using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited.Token);
            return answer.StatusCode < HttpStatusCode.InternalServerError
                ? HealthCheckResult.Healthy()
                : new(context.Registration.FailureStatus, string.Create(CultureInfo.InvariantCulture, $"The S3 server answers {(int)answer.StatusCode}."));
        }
        catch (HttpRequestException exception)
        {
            return new(context.Registration.FailureStatus, "The S3 server does not answer.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new(context.Registration.FailureStatus, $"The S3 server did not answer within {Timeout.TotalSeconds:0} s.", exception);
        }
    }
}
