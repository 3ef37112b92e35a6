using System.Security.Claims;
using System.Text.Encodings.Web;
using Aspire.Hosting.Dashboard.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Dashboard.Access;

/// <summary>Browsers come in by the token once and keep a cookie; scripts send the token with each request.</summary>
internal static class FrontendAccess
{
    public const string Policy = "frontend";
    public const string ApiKeyHeader = "x-api-key";
    private const string EitherScheme = "token-or-cookie";
    private const string TokenScheme = "token";

    public static void AddFrontendAccess(this IServiceCollection services, DashboardSettings settings)
    {
        // Keys live as long as the process: a cookie of an earlier session, which had another token, must not open this one.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, options => options.ForwardDefaultSelector = context =>
                TokenIn(context.Request) is null ? CookieAuthenticationDefaults.AuthenticationScheme : TokenScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenScheme, null)
            .AddCookie(options =>
            {
                // Cookies are shared by all ports of a host, so two dashboards need two names.
                options.Cookie.Name = $".dashboard.{settings.FrontendUrls[0].Port}";
                options.Cookie.SameSite = SameSiteMode.Lax;
                options.LoginPath = "/login";
                options.ReturnUrlParameter = "returnUrl";
                options.ExpireTimeSpan = TimeSpan.FromDays(3);
                options.Events.OnRedirectToLogin = context =>
                {
                    if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
                        return RefuseScriptAsync(context.Response);
                    context.Response.Redirect(context.RedirectUri);
                    return Task.CompletedTask;
                };
            });
        services.AddAuthorizationBuilder().AddPolicy(Policy, policy =>
        {
            if (settings.FrontendAccess == AccessMode.Unsecured)
                policy.RequireAssertion(_ => true);
            else
                policy.RequireAuthenticatedUser();
        });
    }

    public static ClaimsPrincipal Developer(string scheme) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, "developer")], scheme));

    private static Task RefuseScriptAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status401Unauthorized;
        return response.WriteAsJsonAsync(new
        {
            error = $"Send the login token of the address that was printed at start: 'Authorization: Bearer <token>' or '{ApiKeyHeader}: <token>'.",
        });
    }

    private static string? TokenIn(HttpRequest request)
    {
        if (request.Headers.TryGetValue(ApiKeyHeader, out var key))
            return key.ToString();
        const string bearer = "Bearer ";
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) ? authorization[bearer.Length..].Trim() : null;
    }

    private sealed class TokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, DashboardSettings settings)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
            Task.FromResult(TokenIn(Request) is { } token && Secrets.AreEqual(settings.BrowserToken, token)
                ? AuthenticateResult.Success(new AuthenticationTicket(Developer(TokenScheme), TokenScheme))
                : AuthenticateResult.Fail("The token is not this dashboard's."));

        protected override Task HandleChallengeAsync(AuthenticationProperties properties) => RefuseScriptAsync(Response);
    }
}
