using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SimulationManager.Api.Auth;

/// <summary>
/// Refresh tokens in Redis, one per device that is signed in. Only the SHA-256 of a token is stored: who reads Redis cannot
/// use what it finds there.
/// </summary>
public sealed class DeviceSessions(IConnectionMultiplexer redis, IOptions<AuthOptions> options, TimeProvider time)
{
    private const int TokenBytes = 32;
    private const int LongestDeviceName = 200;

    private TimeSpan Lifetime => options.Value.RefreshTokenLifetime;

    /// <summary>Signs a device in. Returns its refresh token, which is not kept.</summary>
    public async Task<string> OpenAsync(long userId, string device, string address)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var now = time.GetUtcNow();
        var session = new DeviceSession(
            Guid.NewGuid().ToString("N"), userId, device.Length > LongestDeviceName ? device[..LongestDeviceName] : device, address, now, now);
        await SaveAsync(HashOf(token), session);
        return token;
    }

    /// <summary>The session that a refresh token belongs to, its life extended; null when it was signed out or has run out.</summary>
    public async Task<DeviceSession?> ExtendAsync(string token)
    {
        var hash = HashOf(token);
        if (await ReadAsync(hash) is not { } session) return null;
        session = session with { LastUsedAt = time.GetUtcNow() };
        // Written only where it still is: a sign-out in between wins.
        var written = await redis.GetDatabase().StringSetAsync(SessionKey(hash), Write(session), Lifetime, When.Exists);
        if (!written) return null;
        await redis.GetDatabase().KeyExpireAsync(UserKey(session.UserId), Lifetime);
        return session;
    }

    /// <summary>Signs out the device that holds this refresh token; no other.</summary>
    public async Task CloseAsync(string token)
    {
        var hash = HashOf(token);
        if (await ReadAsync(hash) is { } session) await RemoveAsync(session.UserId, hash);
    }

    /// <summary>A user's devices, the last used first.</summary>
    public async Task<IReadOnlyList<DeviceSession>> OfUserAsync(long userId) =>
        [.. (await LoadAsync(userId)).Select(entry => entry.Session).OrderByDescending(session => session.LastUsedAt)];

    /// <summary>The session of a refresh token, as it is; null when there is none.</summary>
    public Task<DeviceSession?> FindAsync(string token) => ReadAsync(HashOf(token));

    /// <summary>Signs out one device of a user. False when it has no such device.</summary>
    public async Task<bool> CloseOneAsync(long userId, string sessionId)
    {
        foreach (var (hash, session) in await LoadAsync(userId))
        {
            if (session.SessionId != sessionId) continue;
            await RemoveAsync(userId, hash);
            return true;
        }

        return false;
    }

    /// <summary>Signs out all devices of a user. Returns how many there were.</summary>
    public async Task<int> CloseAllAsync(long userId)
    {
        var entries = await LoadAsync(userId);
        foreach (var (hash, _) in entries) await RemoveAsync(userId, hash);
        return entries.Count;
    }

    private async Task SaveAsync(string hash, DeviceSession session)
    {
        var database = redis.GetDatabase();
        await database.StringSetAsync(SessionKey(hash), Write(session), Lifetime);
        await database.SetAddAsync(UserKey(session.UserId), hash);
        await database.KeyExpireAsync(UserKey(session.UserId), Lifetime);
    }

    private async Task RemoveAsync(long userId, string hash)
    {
        var database = redis.GetDatabase();
        await database.KeyDeleteAsync(SessionKey(hash));
        await database.SetRemoveAsync(UserKey(userId), hash);
    }

    private async Task<List<(string Hash, DeviceSession Session)>> LoadAsync(long userId)
    {
        var database = redis.GetDatabase();
        var hashes = (await database.SetMembersAsync(UserKey(userId))).Select(member => (string)member!).ToArray();
        var values = await database.StringGetAsync([.. hashes.Select(SessionKey)]);
        List<(string, DeviceSession)> live = [];
        for (var index = 0; index < hashes.Length; index++)
        {
            if (Read(values[index]) is { } session) live.Add((hashes[index], session));
            else await database.SetRemoveAsync(UserKey(userId), hashes[index]);
        }

        return live;
    }

    private async Task<DeviceSession?> ReadAsync(string hash) => Read(await redis.GetDatabase().StringGetAsync(SessionKey(hash)));

    private static DeviceSession? Read(RedisValue value) =>
        value.IsNull ? null : JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)value).Span, DeviceSessionJson.Default.DeviceSession);

    private static byte[] Write(DeviceSession session) => JsonSerializer.SerializeToUtf8Bytes(session, DeviceSessionJson.Default.DeviceSession);

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static RedisKey SessionKey(string hash) => $"auth:session:{hash}";

    private static RedisKey UserKey(long userId) => $"auth:user-sessions:{userId}";
}

/// <summary>One device that a user is signed in on.</summary>
/// <param name="SessionId">Names the device; no secret.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="Device">What the browser or script calls itself (<c>User-Agent</c>).</param>
/// <param name="Address">Where it signed in from.</param>
/// <param name="CreatedAt">When it signed in.</param>
/// <param name="LastUsedAt">When it last refreshed.</param>
public sealed record DeviceSession(
    string SessionId, long UserId, string Device, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DeviceSession))]
internal sealed partial class DeviceSessionJson : JsonSerializerContext;
