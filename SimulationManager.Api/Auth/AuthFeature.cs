using SimulationManager.Api.Hosting;

namespace SimulationManager.Api.Auth;

/// <summary>Accounts, tokens and devices.</summary>
internal static class AuthFeature
{
    public static void AddAuth(this IServiceCollection services)
    {
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SigningKeyRing>().AddSingleton<IPreparationStep>(provider => provider.GetRequiredService<SigningKeyRing>());
        services.AddHostedService<SigningKeyReload>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<DeviceSessions>();
        services.AddSingleton<AttemptLimiter>();
        services.AddScoped<Accounts>();
        services.AddScoped<UserService>();
        services.AddBearer();
        services.AddRefreshCookieScheme();
    }

    public static void MapAuth(this RouteGroupBuilder api)
    {
        api.MapAuthEndpoints();
        api.MapUserEndpoints();
    }
}
