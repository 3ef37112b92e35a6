using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary>A new account.</summary>
public sealed record SignUpRequest : IChecksItself
{
    private const int LongestEmail = 254;

    [Required, StringLength(LongestEmail, MinimumLength = 3), Description("Letter case does not matter.")]
    public string? Email { get; init; }

    [Required(AllowEmptyStrings = true), StringLength(32, MinimumLength = 8), Description("8–32 characters, no blanks.")]
    public string? Password { get; init; }

    [Required(AllowEmptyStrings = true), JsonPropertyName("password_confirm")]
    public string? PasswordConfirm { get; init; }

    [Required, AllowedValues(UserClaims.Admin, UserClaims.General), Description("`admin` or `general`.")]
    public string? Role { get; init; }

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (!EmailAddress.IsValid(Email!)) problems.Add(new FieldProblem("email", Messages.FieldEmail));
        if (Password!.Any(char.IsWhiteSpace)) problems.Add(new FieldProblem("password", Messages.FieldNoBlanks));
        if (Password != PasswordConfirm) problems.Add(new FieldProblem("password_confirm", Messages.PasswordsDiffer));
    }
}

/// <summary>The account that was created.</summary>
public sealed record SignUpAnswer(string Email, string Role);

/// <summary>Who signs in.</summary>
public sealed record SignInRequest : IRequestBody
{
    [Required, StringLength(254)]
    public string? Email { get; init; }

    [Required(AllowEmptyStrings = true), StringLength(1024)]
    public string? Password { get; init; }
}

/// <summary>An access token for the <c>Authorization: Bearer</c> header; the refresh token is in a cookie.</summary>
public sealed record SignInAnswer(string Email, string AccessToken, DateTimeOffset ExpiresAt, string Role);

/// <summary>A fresh access token.</summary>
public sealed record RefreshAnswer(string AccessToken, DateTimeOffset ExpiresAt);

/// <summary>Whom an access token stands for.</summary>
public sealed record VerifyAnswer(bool IsValid, long UserId, string Email, string Role);

/// <summary>One of one's own devices.</summary>
/// <param name="SessionId">Names the device when signing it out.</param>
/// <param name="Device">What the browser or script calls itself.</param>
/// <param name="Address">Where it signed in from.</param>
/// <param name="CreatedAt">When it signed in.</param>
/// <param name="LastUsedAt">When it last refreshed its access token.</param>
/// <param name="IsCurrent">True for the device that asks.</param>
public sealed record SessionView(
    string SessionId, string Device, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool IsCurrent);

/// <summary>How many devices were signed out.</summary>
public sealed record SessionsClosed(int Closed);

/// <summary>What counts as an e-mail address.</summary>
internal static class EmailAddress
{
    private static readonly EmailAddressAttribute Shape = new();

    public static bool IsValid(string text)
    {
        var email = text.Trim();
        return Shape.IsValid(email) && !email.Any(character => char.IsWhiteSpace(character) || char.IsControl(character));
    }

    /// <summary><c>Alice@x</c> and <c>alice@x</c> are one account.</summary>
    public static string Normalize(string text) => text.Trim().ToLowerInvariant();
}
