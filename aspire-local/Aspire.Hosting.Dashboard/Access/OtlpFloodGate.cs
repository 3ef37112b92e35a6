using System.Threading.RateLimiting;
using Aspire.Hosting.Dashboard.Hosting;
using Aspire.Hosting.Dashboard.Otlp;
using Grpc.Core;

namespace Aspire.Hosting.Dashboard.Access;

/// <summary>
/// Bounds how many OTLP requests are worked on. Above that a sender is told to come back, in the words that OTLP exporters
/// understand (HTTP 429 with Retry-After, gRPC UNAVAILABLE), so that a flood costs the flooder. Nobody is kept waiting: the
/// unread bodies of those that wait would use up the window of their HTTP/2 connection, and those that are worked on on the same
/// connection would never get the rest of theirs.
/// </summary>
internal sealed class OtlpFloodGate(RequestDelegate next, ConcurrencyLimiter limiter)
{
    private const string Reason = "The dashboard takes in as much as it can; try again in a moment.";

    public async Task InvokeAsync(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            await next(context);
            return;
        }

        if (context.EntryDoor() == Door.OtlpGrpc)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)StatusCode.Unavailable).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = Reason;
            return;
        }

        context.Response.Headers.RetryAfter = "1";
        var isJson = context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ?? true;
        await OtlpHttpEndpoints.RefuseAsync(context, isJson, StatusCodes.Status429TooManyRequests, Reason);
    }
}

internal static class OtlpFloodLimit
{
    public const int MaxAtOnce = 32;

    public static void AddOtlpFloodLimit(this IServiceCollection services) =>
        services.AddSingleton(_ => new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = MaxAtOnce,
            QueueLimit = 0,
        }));
}
