using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Dashboard.Access;

internal static class Secrets
{
    /// <summary>32 random hexadecimal digits: 128 bits.</summary>
    public static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Compares in a time that does not tell how much of the guess was right.</summary>
    public static bool AreEqual(string secret, string guess) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(guess)));
}
