using System.ComponentModel.DataAnnotations;

namespace SimulationManager.Api.Auth;

/// <summary>Settings of section <c>Auth</c>.</summary>
public sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary>How long an access token is good for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a device stays signed in after its last refresh.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan RefreshTokenLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Base64 secrets of at least 256 bits. The first signs, all are accepted: to rotate, put the new one first and drop the old
    /// one when its last token has expired. Empty: generated, kept in the database and rotated by age.
    /// </summary>
    public IReadOnlyList<string> SigningKeys { get; init; } = [];

    /// <summary>Age at which a generated signing key is replaced.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan SigningKeyLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Sign-ins and sign-ups per address and minute.</summary>
    [Range(1, int.MaxValue)]
    public int SignInsPerAddress { get; init; } = 60;

    /// <summary>Failed sign-ins per account and minute.</summary>
    [Range(1, int.MaxValue)]
    public int FailedSignInsPerAccount { get; init; } = 10;

    /// <summary>Refreshes per address and minute.</summary>
    [Range(1, int.MaxValue)]
    public int RefreshesPerAddress { get; init; } = 600;

    /// <summary>Refreshes per device session and minute.</summary>
    [Range(1, int.MaxValue)]
    public int RefreshesPerSession { get; init; } = 60;

    public PasswordHashOptions PasswordHash { get; init; } = new();
}

/// <summary>What a password hash costs (Argon2id, RFC 9106; the defaults are OWASP's).</summary>
public sealed class PasswordHashOptions
{
    [Range(8 * 1024, 1024 * 1024)]
    public int MemoryKibibytes { get; init; } = 19 * 1024;

    [Range(1, 16)]
    public int Iterations { get; init; } = 2;

    /// <summary>Hashes computed at once; 0: half of the processors, at least one, so that sign-ins never take the whole machine.</summary>
    [Range(0, 256)]
    public int Parallel { get; init; }
}
