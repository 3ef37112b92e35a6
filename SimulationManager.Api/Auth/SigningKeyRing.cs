using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Auth;

/// <summary>
/// The keys that access tokens are signed and checked with. Generated keys are replaced by age: the new one is known to all
/// processes for <see cref="Overlap"/> before it signs, and the old one is accepted until its last token has expired.
/// </summary>
public sealed class SigningKeyRing(IServiceScopeFactory scopes, IOptions<AuthOptions> options, TimeProvider time) : IPreparationStep
{
    /// <summary>How often each process reads the keys again.</summary>
    public static readonly TimeSpan ReloadInterval = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Overlap = ReloadInterval * 2;

    /// <summary>Any number that no one else locks on this database.</summary>
    private const long LockKey = 0x51B0_0B08;

    private readonly AuthOptions _options = options.Value;
    private ImmutableArray<RingKey> _keys = [];

    /// <summary>Every key that a token may carry.</summary>
    public IEnumerable<SecurityKey> Accepted => _keys.Select(key => key.Security);

    /// <summary>The key that signs now.</summary>
    /// <exception cref="InvalidOperationException">The ring was not loaded.</exception>
    public SigningCredentials Current
    {
        get
        {
            var now = time.GetUtcNow();
            return (_keys.FirstOrDefault(key => key.ActiveFrom <= now) ?? throw new InvalidOperationException("No signing key was loaded.")).Credentials;
        }
    }

    /// <summary>Reads the keys, and makes a new one when none is young enough.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_options.SigningKeys.Count > 0)
        {
            _keys = [.. _options.SigningKeys.Select((secret, index) => FromConfiguration(secret, index))];
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var stored = await LoadOrCreateAsync(database, cancellationToken);
        _keys = [.. stored.OrderByDescending(key => key.ActiveFrom).Select(key => new RingKey(key.Id, key.Secret, key.ActiveFrom))];
    }

    private async Task<List<SigningKey>> LoadOrCreateAsync(RobotDbContext database, CancellationToken cancellationToken)
    {
        var keys = await database.SigningKeys.AsNoTracking().ToListAsync(cancellationToken);
        if (keys.Exists(IsYoung)) return keys;
        return await database.InTransactionAsync(async token =>
        {
            await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({LockKey})", token);
            keys = await database.SigningKeys.AsNoTracking().ToListAsync(token);
            if (keys.Exists(IsYoung)) return keys;
            var key = Generate(isFirst: keys.Count == 0);
            database.SigningKeys.Add(key);
            await database.SaveChangesAsync(token);
            await RemoveExpiredAsync(database, token);
            return [.. keys, key];
        }, cancellationToken);
    }

    private SigningKey Generate(bool isFirst)
    {
        var now = time.GetUtcNow();
        return new SigningKey
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            Secret = RandomNumberGenerator.GetBytes(32),
            CreatedAt = now,
            ActiveFrom = isFirst ? now : now + Overlap,
        };
    }

    private Task<int> RemoveExpiredAsync(RobotDbContext database, CancellationToken cancellationToken)
    {
        var dead = time.GetUtcNow() - _options.SigningKeyLifetime - _options.AccessTokenLifetime - Overlap - Overlap;
        return database.SigningKeys.Where(key => key.CreatedAt < dead).ExecuteDeleteAsync(cancellationToken);
    }

    private bool IsYoung(SigningKey key) => key.CreatedAt + _options.SigningKeyLifetime > time.GetUtcNow();

    private static RingKey FromConfiguration(string secret, int index)
    {
        var bytes = Convert.FromBase64String(secret);
        // The first signs: it sorts before the others. Its id is made from the secret, so that all processes agree on it.
        return new RingKey(Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], bytes, DateTimeOffset.UnixEpoch.AddSeconds(-index));
    }

    private sealed class RingKey(string id, byte[] secret, DateTimeOffset activeFrom)
    {
        public DateTimeOffset ActiveFrom { get; } = activeFrom;

        public SecurityKey Security => Credentials.Key;

        public SigningCredentials Credentials { get; } =
            new(new SymmetricSecurityKey(secret) { KeyId = id }, SecurityAlgorithms.HmacSha256);
    }
}
