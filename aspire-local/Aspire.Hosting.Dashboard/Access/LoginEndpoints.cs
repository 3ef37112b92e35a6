using Aspire.Hosting.Dashboard.Components.Layout;
using Aspire.Hosting.Dashboard.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Aspire.Hosting.Dashboard.Access;

internal static class LoginEndpoints
{
    public static void MapLogin(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/login", (HttpContext context, DashboardSettings settings, string? t, string? returnUrl) =>
            LogInAsync(context, settings, t, returnUrl));
        // A forged log-in would need the token, so the form carries no antiforgery field.
        routes.MapPost("/login", (HttpContext context, DashboardSettings settings, [FromForm] string? token, [FromForm] string? returnUrl) =>
            LogInAsync(context, settings, token?.Trim() ?? "", returnUrl)).DisableAntiforgery();
    }

    private static async Task<IResult> LogInAsync(HttpContext context, DashboardSettings settings, string? token, string? returnUrl)
    {
        var target = LocalPath(returnUrl);
        if (settings.FrontendAccess == AccessMode.Unsecured)
            return TypedResults.LocalRedirect(target);
        if (token is not null && Secrets.AreEqual(settings.BrowserToken, token))
        {
            await context.SignInAsync(
                CookieAuthenticationDefaults.AuthenticationScheme,
                FrontendAccess.Developer(CookieAuthenticationDefaults.AuthenticationScheme),
                new AuthenticationProperties { IsPersistent = true });
            return TypedResults.LocalRedirect(target);
        }

        return new RazorComponentResult<LoginPage>(new { ReturnUrl = target, WasRefused = token is not null, settings.ApplicationName })
        {
            StatusCode = token is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized,
        };
    }

    /// <summary>Only a path on this site: an address with a host would send the person who just logged in elsewhere.</summary>
    public static string LocalPath(string? url) =>
        url is ['/', ..] && (url.Length == 1 || url[1] is not ('/' or '\\')) ? url : "/";
}
