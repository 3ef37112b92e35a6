using System.Globalization;
using System.Text.RegularExpressions;

namespace SimulationManager.Rosbag2.Bundles;

/// <summary>What the name of a storage file says.</summary>
internal static partial class StorageFileName
{
    public const string Compressed = ".zstd";

    public static bool IsOne(string path) => Suffix().IsMatch(path);

    /// <summary>The N of <c>name_N.db3</c> or <c>name_N.mcap</c>; -1 if there is none.</summary>
    public static long SplitNumber(string name) =>
        Suffix().Match(name) is { Success: true } match
        && long.TryParse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : -1;

    public static string StemOf(string name) => Suffix().Replace(name, "");

    public static bool IsCompressed(string name) => name.EndsWith(Compressed, StringComparison.OrdinalIgnoreCase);

    /// <summary>The same for a file and its compressed form.</summary>
    public static string Plain(string name) => Composed(IsCompressed(name) ? name[..^Compressed.Length] : name);

    /// <summary>The same for names that look the same: macOS takes letters apart (Unicode's NFD) that others leave together (NFC).</summary>
    public static string Composed(string name)
    {
        try
        {
            return name.Normalize();
        }
        catch (ArgumentException)
        {
            return name; // Half a surrogate pair, which Windows allows in a name.
        }
    }

    [GeneratedRegex(@"(_(?<number>[0-9]{1,18}))?\.(db3|mcap)(\.zstd)?\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Suffix();
}
