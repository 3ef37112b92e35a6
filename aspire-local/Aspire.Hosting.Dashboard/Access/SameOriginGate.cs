using Microsoft.Net.Http.Headers;

namespace Aspire.Hosting.Dashboard.Access;

/// <summary>
/// Refuses what another site's page sends with this browser's cookie: a page on another localhost port counts as the
/// same site for cookies, so the cookie's SameSite does not protect against it.
/// </summary>
internal sealed class SameOriginGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var origin = context.Request.Headers[HeaderNames.Origin].ToString();
        var changesOrListens = !HttpMethods.IsGet(context.Request.Method) || context.WebSockets.IsWebSocketRequest || context.Request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal);
        if (origin.Length == 0 || !changesOrListens || IsOwn(origin, context.Request))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync($"Requests from {origin} are not accepted.");
    }

    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url)
        && url.Authority.Equals(new Uri($"{request.Scheme}://{request.Host}").Authority, StringComparison.OrdinalIgnoreCase);
}
