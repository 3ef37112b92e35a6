using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SimulationManager.Api.OpenApi;

namespace SimulationManager.Api.Auth;

/// <summary>The refresh cookie in the OpenAPI document.</summary>
internal static class RefreshCookieScheme
{
    private const string Name = "refreshCookie";

    /// <summary>Adds the cookie to the document's ways to authenticate.</summary>
    public static void AddRefreshCookieScheme(this IServiceCollection services) =>
        services.Configure<OpenApiOptions>(ApiDocument.Name, options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.AddComponent<IOpenApiSecurityScheme>(Name, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = RefreshCookie.Name, Description = "The refresh token that sign-in sets.",
            });
            return Task.CompletedTask;
        }));

    /// <summary>Says that an endpoint reads the cookie.</summary>
    public static RouteHandlerBuilder ReadsRefreshCookie(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Name, context.Document!)] = [] }];
            return Task.CompletedTask;
        });
}
