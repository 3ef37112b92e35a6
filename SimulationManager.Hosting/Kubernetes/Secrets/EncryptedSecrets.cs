using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SimulationManager.Hosting.Kubernetes.Secrets;

/// <summary>
/// <c>aspirate-secrets.json</c>: values by <c>SECRET/KEY</c>, each encrypted by itself (AES-256-GCM; the key is derived from a passphrase with PBKDF2-SHA256).
/// A value's name is authenticated with it, so that two values cannot be swapped.
/// </summary>
public sealed class EncryptedSecrets
{
    private const int KeyBytes = 32;
    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>OWASP's number for PBKDF2 with SHA-256.</summary>
    private const int Iterations = 600_000;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly byte[] _key;
    private readonly byte[] _salt;
    private readonly SortedDictionary<string, string> _values;

    private EncryptedSecrets(string passphrase, byte[] salt, SortedDictionary<string, string> values)
    {
        _salt = salt;
        _key = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, Iterations, HashAlgorithmName.SHA256, KeyBytes);
        _values = values;
    }

    /// <summary>Names of the values, in order.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>A file with no values yet.</summary>
    public static EncryptedSecrets Create(string passphrase) =>
        new(passphrase, RandomNumberGenerator.GetBytes(SaltBytes), new SortedDictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Reads a file's text. A wrong passphrase shows when a value is read.</summary>
    /// <exception cref="GenerationException">The text is no such file.</exception>
    public static EncryptedSecrets Parse(string text, string passphrase)
    {
        try
        {
            var file = JsonSerializer.Deserialize<SecretsFile>(text, _json);
            if (file is { Version: 1, Salt: { } salt, Values: { } values })
                return new EncryptedSecrets(passphrase, Convert.FromBase64String(salt), new SortedDictionary<string, string>(values, StringComparer.Ordinal));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new GenerationException($"The secrets file is damaged: {exception.Message}", exception);
        }

        throw new GenerationException("The secrets file is not of version 1, or has no salt or values.");
    }

    /// <summary>Sets a value.</summary>
    public void Set(string name, string value)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(name));
        _values[name] = Convert.ToBase64String(box);
    }

    /// <summary>A value in the clear.</summary>
    /// <exception cref="GenerationException">The passphrase is wrong, or the value was changed.</exception>
    public string Get(string name)
    {
        try
        {
            var box = Convert.FromBase64String(_values[name]);
            var plain = new byte[box.Length - NonceBytes - TagBytes];
            using var aes = new AesGcm(_key, TagBytes);
            aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(name));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or OverflowException)
        {
            throw new GenerationException($"'{name}' cannot be opened: the passphrase is wrong, or the file was changed.", exception);
        }
    }

    /// <summary>Text of the file.</summary>
    public string Write() => JsonSerializer.Serialize(new SecretsFile(1, Convert.ToBase64String(_salt), _values), _json) + "\n";

    private sealed record SecretsFile(int Version, string Salt, SortedDictionary<string, string> Values);
}
