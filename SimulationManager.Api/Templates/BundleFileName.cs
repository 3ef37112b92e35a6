using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using SimulationManager.Api.Contract;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Which file names a bundle may have, however it is sent.</summary>
internal static class BundleFileName
{
    public const string MetadataField = "metadata_file";
    public const string BagField = "db_file";
    private const int Longest = 200;

    /// <summary>Characters that Linux allows in a name and Windows does not.</summary>
    private static readonly SearchValues<char> OnSomeSystems = SearchValues.Create("\"*?<>|:");

    /// <summary>The name without the folder that it had on the client's machine; one that leaves its folder stays as it is, to be refused.</summary>
    [return: NotNullIfNotNull(nameof(name))]
    public static string? WithoutFolder(string? name) => name?.Split('/', '\\') is { } path && path[^1].Length > 0 && !path.Contains("..") ? path[^1] : name;

    /// <summary>Why a file of this name cannot be sent as this field; null when it can.</summary>
    public static FieldProblem? ProblemOf(string field, string name, string path)
    {
        if (name.AsSpan().IndexOfAny(OnSomeSystems) is >= 0 and var place) return new FieldProblem(path, Messages.FileNameCharacter, name, name[place]);
        if (!IsPlain(name)) return new FieldProblem(path, Messages.FileNameUnsafe, name);
        if (field == MetadataField) return IsMetadata(name) ? null : new FieldProblem(path, Messages.MetadataFileEnding, name);
        return BagBundle.IsStorageFile(name) || WriteAheadLog.IsLog(name) || IsLogIndex(name) ? null : new FieldProblem(path, Messages.BagFileEnding, name);
    }

    /// <summary>
    /// True for what SQLite keeps beside a write-ahead log while it is open. It is taken, since people send all files of a
    /// folder, and not kept: it says nothing that the log does not.
    /// </summary>
    public static bool IsLogIndex(string name) => name.EndsWith(".db3-shm", StringComparison.OrdinalIgnoreCase);

    /// <summary>The ending of a storage file's name: <c>.db3</c> or <c>.mcap</c>, with <c>.zstd</c> after it if it is compressed.</summary>
    public static string EndingOf(string name)
    {
        var compressed = Path.GetExtension(name).Equals(".zstd", StringComparison.OrdinalIgnoreCase);
        var ending = Path.GetExtension(compressed ? Path.GetFileNameWithoutExtension(name) : name).ToLowerInvariant();
        return compressed ? ending + ".zstd" : ending;
    }

    /// <summary>A name that means the same file on every system, inside its folder.</summary>
    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= Longest && name.Trim() == name && BundlePath.IsSafe(name)
        && !name.Contains('/') && !name.StartsWith('.');

    private static bool IsMetadata(string name) =>
        name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
}
