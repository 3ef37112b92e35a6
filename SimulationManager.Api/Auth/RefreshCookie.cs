namespace SimulationManager.Api.Auth;

/// <summary>The cookie that carries a refresh token; set and cleared with the same attributes, or browsers keep it.</summary>
internal static class RefreshCookie
{
    public const string Name = "refresh_token";

    /// <summary>The token; null when there is none or the cookie is not readable.</summary>
    public static string? Read(HttpRequest request) => request.Cookies[Name];

    /// <summary>Whether the client has such a cookie, readable or not: then it is worth clearing.</summary>
    public static bool IsSent(HttpRequest request) => request.Headers.Cookie.ToString().Contains($"{Name}=", StringComparison.Ordinal);

    public static void Set(HttpContext context, string token, TimeSpan lifetime) =>
        context.Response.Cookies.Append(Name, token, Attributes(context, lifetime));

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Attributes(context, null));

    private static CookieOptions Attributes(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Path = "/api",
        Secure = context.Request.IsHttps,
        MaxAge = lifetime,
    };
}
