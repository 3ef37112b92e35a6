using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Auth;

/// <summary>Signing up, in and out.</summary>
public sealed partial class Accounts(
    RobotDbContext database,
    PasswordHasher passwords,
    AccessTokens tokens,
    DeviceSessions sessions,
    AttemptLimiter attempts,
    IOptions<AuthOptions> options,
    TimeProvider time,
    ILogger<Accounts> logger)
{
    /// <summary>Any number that no one else locks on this database.</summary>
    private const long FirstAdminLock = 0x51B0_0B09;

    /// <summary>Creates an account. The first admin is free; another needs an admin to ask for it.</summary>
    /// <exception cref="RefusalException">The address is taken, or there is an admin already (409).</exception>
    public async Task<User> SignUpAsync(SignUpRequest request, bool byAdmin, string address, CancellationToken cancellationToken)
    {
        await attempts.CountAsync($"signup:address:{address}", options.Value.SignInsPerAddress);
        var role = UserClaims.RoleFromWire(request.Role!);
        if (role == UserRole.Admin && !byAdmin && await AnyAdminAsync(cancellationToken)) throw Refuse.Conflict(Messages.AdminNeedsAdmin);
        var email = EmailAddress.Normalize(request.Email!);
        await RefuseTakenAsync(email, cancellationToken);
        var hash = await passwords.HashAsync(request.Password!, cancellationToken);
        return await CreateAsync(email, hash, role, byAdmin, cancellationToken);
    }

    /// <summary>Checks the password and signs the device in.</summary>
    /// <exception cref="RefusalException">Wrong address or password (401), or too many attempts (429).</exception>
    public async Task<SignedIn> SignInAsync(SignInRequest request, string device, string address, CancellationToken cancellationToken)
    {
        var email = EmailAddress.Normalize(request.Email!);
        var account = $"signin:account:{email}";
        await attempts.CountAsync($"signin:address:{address}", options.Value.SignInsPerAddress);
        var counted = await attempts.CountAsync(account, options.Value.FailedSignInsPerAccount);
        var user = await database.Users.AsNoTracking()
            .SingleOrDefaultAsync(candidate => candidate.Email == email && candidate.DeletedAt == null, cancellationToken);
        var isRight = await passwords.VerifyAsync(request.Password!, user?.PasswordHash, cancellationToken);
        ApiTelemetry.CountSignIn(isRight);
        if (!isRight) throw Refuse.Unauthorized(Messages.SignInWrong);
        await attempts.ForgiveAsync(account, counted);
        return new SignedIn(user!, tokens.Create(user!), await OpenSessionAsync(user!.Id, device, address));
    }

    /// <summary>A fresh access token for the holder of a refresh token, for the user as they are now.</summary>
    /// <exception cref="RefusalException">The refresh token is dead (401), or there were too many attempts (429).</exception>
    public async Task<AccessToken> RefreshAsync(string? refreshToken, string address, CancellationToken cancellationToken)
    {
        await attempts.CountAsync($"refresh:address:{address}", options.Value.RefreshesPerAddress);
        if (string.IsNullOrEmpty(refreshToken)) throw Refuse.Unauthorized(Messages.RefreshTokenMissing);
        var session = await sessions.ExtendAsync(refreshToken) ?? throw Refuse.Unauthorized(Messages.RefreshTokenDead);
        await attempts.CountAsync($"refresh:session:{session.SessionId}", options.Value.RefreshesPerSession);
        var user = await database.Users.AsNoTracking()
            .SingleOrDefaultAsync(candidate => candidate.Id == session.UserId && candidate.DeletedAt == null, cancellationToken);
        if (user is not null) return tokens.Create(user);
        await sessions.CloseAsync(refreshToken);
        throw Refuse.Unauthorized(Messages.RefreshTokenDead);
    }

    private Task<User> CreateAsync(string email, string hash, UserRole role, bool byAdmin, CancellationToken cancellationToken) =>
        database.InTransactionAsync(async token =>
        {
            if (role == UserRole.Admin && !byAdmin)
            {
                // Two first admins at once: the second waits here, and then sees the first.
                await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({FirstAdminLock})", token);
                if (await AnyAdminAsync(token)) throw Refuse.Conflict(Messages.AdminNeedsAdmin);
            }

            var user = new User { Email = email, PasswordHash = hash, Role = role, CreatedAt = time.GetUtcNow() };
            database.Users.Add(user);
            await database.SaveChangesAsync(token);
            return user;
        }, cancellationToken);

    private async Task RefuseTakenAsync(string email, CancellationToken cancellationToken)
    {
        if (await database.Users.AnyAsync(user => user.Email == email && user.DeletedAt == null, cancellationToken))
            throw Refuse.Conflict(Messages.EmailTaken);
    }

    private Task<bool> AnyAdminAsync(CancellationToken cancellationToken) =>
        database.Users.AnyAsync(user => user.Role == UserRole.Admin && user.DeletedAt == null, cancellationToken);

    /// <summary>Without Redis one can still sign in: for as long as the access token lasts.</summary>
    private async Task<string?> OpenSessionAsync(long userId, string device, string address)
    {
        try
        {
            return await sessions.OpenAsync(userId, device, address);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogNoSession(logger, exception);
            return null;
        }
    }

    [LoggerMessage(301, LogLevel.Warning, "Redis is away: a user signed in without a refresh token")]
    private static partial void LogNoSession(ILogger logger, Exception exception);
}

/// <summary>A user who has just signed in; no refresh token while Redis is away.</summary>
public sealed record SignedIn(User User, AccessToken AccessToken, string? RefreshToken);
