using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Auth;

/// <summary>Makes access tokens: JWT, HS256, claims <c>sub</c>, <c>email</c>, <c>role</c>, <c>exp</c>.</summary>
public sealed class AccessTokens(SigningKeyRing keys, IOptions<AuthOptions> options, TimeProvider time)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>A token for the user as they are now.</summary>
    public AccessToken Create(User user)
    {
        var expiresAt = time.GetUtcNow() + options.Value.AccessTokenLifetime;
        var text = Handler.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object>
            {
                [UserClaims.Id] = user.Id.ToString(CultureInfo.InvariantCulture),
                [UserClaims.Email] = user.Email,
                [UserClaims.Role] = user.Role.ToWire(),
            },
            Expires = expiresAt.UtcDateTime,
            SigningCredentials = keys.Current,
        });
        // exp counts whole seconds.
        return new AccessToken(text, DateTimeOffset.FromUnixTimeSeconds(expiresAt.ToUnixTimeSeconds()));
    }

    /// <summary>What makes a token ours.</summary>
    public TokenValidationParameters Validation => new()
    {
        ValidateIssuer = false,
        ValidateAudience = false,
        ValidateIssuerSigningKey = true,
        ValidateLifetime = true,
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ClockSkew = TimeSpan.Zero,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeyResolver = (_, _, kid, _) => kid is null ? keys.Accepted : keys.Accepted.Where(key => key.KeyId == kid),
        NameClaimType = UserClaims.Email,
        RoleClaimType = UserClaims.Role,
        LifetimeValidator = null,
    };
}

/// <summary>A signed token and when it stops being good.</summary>
public sealed record AccessToken(string Text, DateTimeOffset ExpiresAt);
