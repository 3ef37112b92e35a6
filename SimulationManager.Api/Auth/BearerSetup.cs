using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary>Who may call what: everything needs a valid access token unless its endpoint says otherwise.</summary>
internal static class BearerSetup
{
    public const string AdminPolicy = "admin";

    public static void AddBearer(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokens>((options, tokens) =>
            {
                options.MapInboundClaims = false;
                options.TokenHandlers.Clear();
                options.TokenHandlers.Add(new JsonWebTokenHandler { MapInboundClaims = false, MaximumTokenSizeInBytes = 8 * 1024 });
                options.TokenValidationParameters = tokens.Validation;
                options.Events = new JwtBearerEvents { OnMessageReceived = TokenForPages.FindAsync, OnChallenge = ChallengeAsync, OnForbidden = ForbidAsync };
            });
        services.AddSingleton<IAuthorizationHandler, OpenRouteRefusals>();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(AdminPolicy, policy => policy.RequireAuthenticatedUser().RequireRole(UserClaims.Admin));
    }

    /// <summary>Whether a request has a token of ours that has expired; for routes that answer without a token.</summary>
    public static async Task<bool> HasExpiredTokenAsync(this HttpContext context) =>
        (await context.AuthenticateAsync()).Failure is SecurityTokenExpiredException;

    /// <summary>A token of ours that has expired is 403: that, and only that, makes clients refresh. All else is 401.</summary>
    private static Task ChallengeAsync(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        if (context.AuthenticateFailure is SecurityTokenExpiredException)
            return ErrorWriter.WriteAsync(context.HttpContext, Refuse.Forbidden(Messages.TokenExpired));
        context.Response.Headers.WWWAuthenticate = JwtBearerDefaults.AuthenticationScheme;
        return ErrorWriter.WriteAsync(
            context.HttpContext,
            Refuse.Unauthorized(context.AuthenticateFailure is null ? Messages.TokenMissing : Messages.TokenNotOurs));
    }

    private static Task ForbidAsync(ForbiddenContext context) =>
        ErrorWriter.WriteAsync(context.HttpContext, Refuse.Forbidden(Messages.RoleNotAllowed));
}
