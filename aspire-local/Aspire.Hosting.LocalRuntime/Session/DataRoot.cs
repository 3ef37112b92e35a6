using System.Globalization;
using Aspire.Hosting.ProcessHost;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>The folder that holds everything the engine keeps: named volumes, cached packages, session records.</summary>
internal sealed class DataRoot
{
    /// <summary>The environment variable that moves the data root.</summary>
    public const string Setting = "ASPIRE_LOCAL_DATA_ROOT";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Traversable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Readable = Traversable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _applicationName;
    private readonly bool _volumesAreTemporary;

    public DataRoot(string? configured, string applicationName, bool volumesAreTemporary = false)
    {
        _applicationName = SafeName(applicationName);
        _volumesAreTemporary = volumesAreTemporary;
        Folder = Path.GetFullPath(configured ?? Environment.GetEnvironmentVariable(Setting) ?? DefaultFolder());

        // Root hands servers to an unprivileged account, which must be able to walk down to its own folder.
        var shared = Environment.IsPrivilegedProcess;
        CreateFolder(Folder, shared ? Readable : Private);
        CreateFolder(Cache, shared ? Readable : Private);
        CreateFolder(Path.Combine(Folder, "volumes"), shared ? Traversable : Private);
        if (!volumesAreTemporary)
            CreateFolder(Path.Combine(Folder, "volumes", _applicationName), shared ? Traversable : Private);
        CreateFolder(Path.Combine(Folder, "sessions"), shared ? Traversable : Private);
        CreateFolder(SessionFolder, shared ? Traversable : Private);
    }

    public string Folder { get; }
    public string Cache => Path.Combine(Folder, "cache");
    public string SessionFolder => Path.Combine(Folder, "sessions", _applicationName);

    /// <summary>Deleted when a session starts: whatever is in it belongs to one that was killed.</summary>
    public string TemporaryRoot => Path.Combine(SessionFolder, "temporary");

    /// <summary>Where the named volume's content lies; the folder may not exist yet.</summary>
    public string VolumeFolder(string volumeName) => Path.Combine(_volumesAreTemporary ? TemporaryRoot : Path.Combine(Folder, "volumes", _applicationName), SafeName(volumeName));

    /// <summary>A new folder's path for data that ends with the session.</summary>
    public string TemporaryFolder(string resourceName) =>
        Path.Combine(TemporaryRoot, string.Create(CultureInfo.InvariantCulture, $"{SafeName(resourceName)}-{Guid.NewGuid():N}"));

    /// <summary>Removes what sessions that were killed left. Only for the holder of the session lock.</summary>
    public void ClearTemporary()
    {
        DeleteTemporary();
        CreateFolder(TemporaryRoot, Environment.IsPrivilegedProcess ? Traversable : Private);
    }

    /// <summary>Removes what was kept for this session only. Nothing may run any more.</summary>
    public void DeleteTemporary()
    {
        if (Directory.Exists(TemporaryRoot))
            Directory.Delete(TemporaryRoot, recursive: true);
    }

    /// <summary>Creates a folder that only its owner may enter.</summary>
    public static void CreatePrivateFolder(string folder, UnixAccount? owner)
    {
        CreateFolder(folder, Private);
        if (owner is not null)
            UnixCalls.Chown(folder, owner.UserId, owner.GroupId);
    }

    /// <summary>Writes a file that only its owner may read.</summary>
    public static void WritePrivateFile(string path, string text, UnixAccount? owner)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(path, options))
            writer.Write(text);
        if (owner is not null)
            UnixCalls.Chown(path, owner.UserId, owner.GroupId);
    }

    /// <summary>Letters, digits, dot, dash and underscore survive; a name that was changed gets a suffix so that two never meet.</summary>
    public static string SafeName(string name)
    {
        var safe = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_')).TrimStart('.');
        return safe == name && safe.Length > 0 ? safe : string.Create(CultureInfo.InvariantCulture, $"{safe}-{StableHash(name):x8}");
    }

    private static uint StableHash(string text) => text.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);

    private static void CreateFolder(string folder, UnixFileMode mode)
    {
        if (Directory.Exists(folder))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, mode);
    }

    private static string DefaultFolder() => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows()
        ? "/var/lib/aspire-local"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "aspire-local");
}
