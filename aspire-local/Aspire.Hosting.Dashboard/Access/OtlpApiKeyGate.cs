using Aspire.Hosting.Dashboard.Hosting;
using Aspire.Hosting.Dashboard.Otlp;
using Grpc.Core;

namespace Aspire.Hosting.Dashboard.Access;

/// <summary>Lets nothing into the OTLP doors without the API key, and says in each protocol's own words what was missing.</summary>
internal sealed class OtlpApiKeyGate(RequestDelegate next, DashboardSettings settings)
{
    public const string HeaderName = "x-otlp-api-key";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.EntryDoor() is not (Door.OtlpGrpc or Door.OtlpHttp) || settings.OtlpAccess == AccessMode.Unsecured)
            return next(context);

        var given = context.Request.Headers[HeaderName];
        if (given.Count == 1 && settings.OtlpApiKeys.Any(key => Secrets.AreEqual(key, given[0]!)))
            return next(context);

        var reason = given.Count == 0
            ? $"The header {HeaderName} is missing."
            : $"The header {HeaderName} does not hold this dashboard's OTLP API key.";
        return RefuseAsync(context, reason);
    }

    private static Task RefuseAsync(HttpContext context, string reason)
    {
        if (context.EntryDoor() == Door.OtlpGrpc)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)StatusCode.Unauthenticated).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = reason;
            return Task.CompletedTask;
        }

        var isJson = context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ?? true;
        return OtlpHttpEndpoints.RefuseAsync(context, isJson, StatusCodes.Status401Unauthorized, reason);
    }
}
