using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;

namespace SimulationManager.Api.Auth;

/// <summary>
/// Routing refuses a wrong method or content type by an endpoint of its own, which no policy names and the fallback policy
/// therefore closes. Where the route itself is open to all, so is its refusal (415, not 401); everywhere else a token comes first.
/// </summary>
internal sealed class OpenRouteRefusals(EndpointDataSource endpoints) : IAuthorizationHandler
{
    public Task HandleAsync(AuthorizationHandlerContext context)
    {
        if (context.Resource is HttpContext http && http.GetEndpoint() is not (null or RouteEndpoint) && IsOpen(http.Request.Path.Value))
        {
            foreach (var requirement in context.PendingRequirements.OfType<DenyAnonymousAuthorizationRequirement>().ToArray())
                context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>Open routes have no parameters: their pattern is their path.</summary>
    private bool IsOpen(string? path) => endpoints.Endpoints.OfType<RouteEndpoint>().Any(endpoint =>
        endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
        && string.Equals(endpoint.RoutePattern.RawText?.TrimEnd('/'), path?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase));
}
