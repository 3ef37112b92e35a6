namespace SimulationManager.Worker.Bundles;

/// <summary>
/// A folder of this process alone. A lock file tells the folders of running processes from what a killed one has left, which
/// the next one removes.
/// </summary>
internal sealed class CacheFolder : IDisposable
{
    private const string LockName = ".lock";

    private readonly FileStream _lock;
    private readonly string _path;

    private CacheFolder(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
        _lock = new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Makes a new folder below <paramref name="root"/> (empty: the system's temporary folder).</summary>
    public static CacheFolder Create(string root)
    {
        if (root.Length == 0) root = Path.Combine(Path.GetTempPath(), "simulation-manager-bundles");
        Directory.CreateDirectory(root);
        foreach (var folder in Directory.EnumerateDirectories(root)) RemoveWhenLeftBehind(folder);
        return new CacheFolder(Path.Combine(root, Guid.NewGuid().ToString("N")));
    }

    public string PathOf(string bundle) => Path.Combine(_path, bundle);

    public void Dispose()
    {
        _lock.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private static void RemoveWhenLeftBehind(string folder)
    {
        try
        {
            using (new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
            }
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Locked by its process, just being made (no lock file yet), or removed by another process meanwhile.
        }
    }
}
