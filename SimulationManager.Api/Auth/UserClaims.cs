using System.Globalization;
using System.Security.Claims;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Auth;

/// <summary>The claims of an access token.</summary>
public static class UserClaims
{
    public const string Id = "sub";
    public const string Email = "email";
    public const string Role = "role";

    private const string Expiry = "exp";

    public const string Admin = "admin";
    public const string General = "general";

    /// <summary>The signed-in user's id.</summary>
    public static long UserId(this ClaimsPrincipal user) => long.Parse(user.FindFirstValue(Id)!, CultureInfo.InvariantCulture);

    /// <summary>The signed-in user's e-mail address.</summary>
    public static string UserEmail(this ClaimsPrincipal user) => user.FindFirstValue(Email)!;

    /// <summary>The signed-in user's role, as it is on the wire.</summary>
    public static string UserRole(this ClaimsPrincipal user) => user.FindFirstValue(Role)!;

    /// <summary>How long the caller's access token is still valid.</summary>
    public static TimeSpan TimeUntilExpiry(this ClaimsPrincipal user, TimeProvider time)
    {
        var seconds = long.Parse(user.FindFirstValue(Expiry)!, CultureInfo.InvariantCulture);
        var left = DateTimeOffset.FromUnixTimeSeconds(seconds) - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public static bool IsAdmin(this ClaimsPrincipal user) => user.IsInRole(Admin);

    public static string ToWire(this UserRole role) => role == Core.Model.UserRole.Admin ? Admin : General;

    public static UserRole RoleFromWire(string role) => role == Admin ? Core.Model.UserRole.Admin : Core.Model.UserRole.General;
}
