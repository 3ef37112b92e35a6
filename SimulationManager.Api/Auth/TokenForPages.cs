using Microsoft.AspNetCore.Authentication.JwtBearer;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary>
/// Marks an endpoint that pages open as a WebSocket, to which they can give no header: it takes the access token as the query parameter <c>access_token</c>, too, and pages
/// of this server need no more than the refresh cookie.
/// </summary>
internal sealed class TokenForPages
{
    private const string Parameter = "access_token";

    /// <summary>Finds the token of a request that has none in its header.</summary>
    /// <exception cref="RefusalException">The cookie is not good any more (401), or there were too many attempts (429).</exception>
    public static async Task FindAsync(MessageReceivedContext context)
    {
        var request = context.Request;
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<TokenForPages>() is null || request.Headers.Authorization.Count > 0) return;
        if (request.Query[Parameter] is [{ Length: > 0 } token])
        {
            context.Token = token;
        }
        else if (IsOfOwnPage(request) && RefreshCookie.Read(request) is { } cookie)
        {
            var accounts = context.HttpContext.RequestServices.GetRequiredService<Accounts>();
            context.Token = (await accounts.RefreshAsync(cookie, AuthEndpoints.AddressOf(context.HttpContext), context.HttpContext.RequestAborted)).Text;
        }
    }

    /// <summary>Browsers send the cookie for pages of other ports of this machine as well, which must not watch in the user's name.</summary>
    private static bool IsOfOwnPage(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin) && new HostString(origin.Authority) == request.Host;
}
