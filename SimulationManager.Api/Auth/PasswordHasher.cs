using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary>
/// Argon2id hashes in PHC string format (<c>$argon2id$v=19$m=…,t=…,p=1$salt$hash</c>). Only a few are computed at once; the
/// others queue, so that a storm of sign-ins slows nothing but sign-ins.
/// </summary>
public sealed class PasswordHasher : IDisposable
{
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly PasswordHashOptions _options;
    private readonly SemaphoreSlim _slots;

    /// <summary>Compared with when there is no such account, so that the answer takes as long.</summary>
    private readonly string _nobody;

    public PasswordHasher(IOptions<AuthOptions> options)
    {
        _options = options.Value.PasswordHash;
        _slots = new SemaphoreSlim(_options.Parallel > 0 ? _options.Parallel : Math.Max(1, Environment.ProcessorCount / 2));
        _nobody = Format(_options.MemoryKibibytes, _options.Iterations, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));
    }

    /// <summary>Hashes a new password.</summary>
    public async Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = await ComputeAsync(password, salt, _options.MemoryKibibytes, _options.Iterations, HashBytes, cancellationToken);
        return Format(_options.MemoryKibibytes, _options.Iterations, salt, hash);
    }

    /// <summary>True when the password is the one that was hashed; null stands for an account that does not exist.</summary>
    public async Task<bool> VerifyAsync(string password, string? stored, CancellationToken cancellationToken)
    {
        // No account has an empty password, and Argon2id refuses to hash one.
        if (password.Length == 0) return false;
        var (memory, iterations, salt, expected) = Parse(stored ?? _nobody);
        var actual = await ComputeAsync(password, salt, memory, iterations, expected.Length, cancellationToken);
        return CryptographicOperations.FixedTimeEquals(actual, expected) && stored is not null;
    }

    public void Dispose() => _slots.Dispose();

    private async Task<byte[]> ComputeAsync(
        string password, byte[] salt, int memory, int iterations, int length, CancellationToken cancellationToken)
    {
        if (!await _slots.WaitAsync(LongestWait, cancellationToken)) throw Refuse.Unavailable(Messages.Busy);
        try
        {
            using var argon = new Argon2id(Encoding.UTF8.GetBytes(password))
            {
                Salt = salt, MemorySize = memory, Iterations = iterations, DegreeOfParallelism = 1,
            };
            return await argon.GetBytesAsync(length);
        }
        finally
        {
            _slots.Release();
        }
    }

    private static string Format(int memory, int iterations, byte[] salt, byte[] hash) => string.Create(
        CultureInfo.InvariantCulture, $"$argon2id$v=19$m={memory},t={iterations},p=1${Base64(salt)}${Base64(hash)}");

    private static (int Memory, int Iterations, byte[] Salt, byte[] Hash) Parse(string stored)
    {
        if (stored.Split('$') is not ["", "argon2id", "v=19", var costs, var salt, var hash]
            || costs.Split(',') is not [['m', '=', .. var memory], ['t', '=', .. var iterations], "p=1"])
            throw new FormatException("A stored password hash is not an Argon2id PHC string.");
        return (
            int.Parse(memory, CultureInfo.InvariantCulture),
            int.Parse(iterations, CultureInfo.InvariantCulture),
            FromBase64(salt),
            FromBase64(hash));
    }

    /// <summary>PHC strings carry no padding.</summary>
    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] FromBase64(string text) => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
