namespace Aspire.Hosting.Dashboard.Hosting;

/// <summary>Telemetry is text from anywhere; the browser must never run any of it, nor load anything from elsewhere.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    // Component libraries set style attributes, hence 'unsafe-inline' for styles alone.
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    }
}
