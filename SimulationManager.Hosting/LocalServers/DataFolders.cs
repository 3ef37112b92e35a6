using System.Globalization;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>Where a server keeps its data.</summary>
/// <param name="Path">May not exist yet.</param>
/// <param name="IsTemporary">Deleted when the run ends.</param>
internal sealed record DataFolder(string Path, bool IsTemporary)
{
    public bool IsEmpty => !Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any();

    /// <summary>A folder in it, for servers whose files must not meet those of another program.</summary>
    public DataFolder In(string name) => this with { Path = System.IO.Path.Combine(Path, name) };
}

/// <summary>
/// The folders of one run. Volumes outlast it and are locked while it lasts; temporary data and locks of a run that was killed are
/// removed by the next.
/// </summary>
internal sealed class DataFolders : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Traversable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _root;
    private readonly string _run;
    private readonly FileStream _runLock;
    private readonly Dictionary<string, FileStream> _volumeLocks = [];
    private bool _isDisposed;

    /// <summary>Creates the folders of a run.</summary>
    /// <param name="root">Folder of volumes; the user's data folder when null.</param>
    public DataFolders(string? root)
    {
        _root = Path.GetFullPath(root ?? UserFolder());
        Packages = Path.Combine(UserFolder(), "packages");
        var runs = Path.Combine(_root, "runs");
        Create(runs);
        Sweep(runs);
        _run = Path.Combine(runs, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        _runLock = Open($"{_run}.lock");
        Create(_run);
        Create(Path.Combine(_root, "volumes"));
    }

    /// <summary>Where fetched packages are kept, for all AppHosts of a user.</summary>
    public string Packages { get; }

    /// <summary>The folder of a named volume, which this run alone uses from now on.</summary>
    /// <exception cref="LocalServerException">Another AppHost uses it.</exception>
    public DataFolder Volume(string name)
    {
        var path = Path.Combine(_root, "volumes", name);
        lock (_volumeLocks)
        {
            if (!_volumeLocks.ContainsKey(name))
                _volumeLocks[name] = Lock(path);
        }

        return new DataFolder(path, IsTemporary: false);
    }

    /// <summary>A folder that ends with the run. The same name gives the same folder: a restarted server finds its data.</summary>
    public DataFolder Temporary(string name) => new(Path.Combine(_run, name), IsTemporary: true);

    /// <summary>Creates a folder and those above it. As root they can be passed through: servers run as another user.</summary>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, Environment.IsPrivilegedProcess ? Traversable : Private);
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (var taken in _volumeLocks.Values) taken.Dispose();
        Remove(_run, _runLock);
    }

    private static FileStream Lock(string volume)
    {
        var owner = $"{volume}.owner";
        try
        {
            var taken = Open($"{volume}.lock");
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return taken;
        }
        catch (IOException)
        {
            var holder = File.Exists(owner) ? $"process {File.ReadAllText(owner)}" : "another process";
            throw new LocalServerException(
                $"Another AppHost ({holder}) is running and uses the data in '{volume}'. Stop that one, or give this one a data folder of its own with --LocalServers:DataRoot=<folder>.");
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private static void Sweep(string runs)
    {
        foreach (var path in Directory.EnumerateFiles(runs, "*.lock"))
        {
            try
            {
                Remove(Path.ChangeExtension(path, null), Open(path));
            }
            catch (IOException)
            {
                // That run still lasts.
            }
        }
    }

    private static void Remove(string run, FileStream taken)
    {
        if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
        taken.Dispose();
        File.Delete(taken.Name);
    }

    private static string UserFolder() => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows()
        ? "/var/lib/aspire-local-servers"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "aspire-local-servers");
}
