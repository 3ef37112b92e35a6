using Aspire.Hosting.Dashboard.Access;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;

namespace Aspire.Hosting.Dashboard.Hosting;

/// <summary>What the browser remembers: language and theme, in cookies, so that the first byte of a page is right already.</summary>
internal static class Preferences
{
    public const string ThemeCookie = "dashboard-theme";
    private static readonly string[] Languages = ["en", "ko"];

    public static void MapPreferences(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/preferences/language/{language}", SetLanguage);

    private static RedirectHttpResult SetLanguage(HttpContext context, string language, string? returnUrl)
    {
        if (Languages.Contains(language))
        {
            context.Response.Cookies.Append(
                CookieRequestCultureProvider.DefaultCookieName,
                CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(language)),
                new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, IsEssential = true });
        }

        return TypedResults.LocalRedirect(LoginEndpoints.LocalPath(returnUrl));
    }
}
