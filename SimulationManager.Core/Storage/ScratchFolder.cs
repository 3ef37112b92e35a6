namespace SimulationManager.Core.Storage;

/// <summary>
/// A folder of this process alone, gone with it. A lock file tells the folders of running processes from what a killed one has
/// left, which the next one removes.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    private const string LockName = ".lock";

    private readonly FileStream _lock;
    private readonly string _path;

    private ScratchFolder(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
        _lock = new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Makes a new folder.</summary>
    /// <param name="root">Where it is made; empty: in the system's temporary folder, in a place of this user.</param>
    /// <param name="purpose">What it is for: part of its place in the temporary folder.</param>
    /// <exception cref="IOException">The root cannot be written.</exception>
    public static ScratchFolder Create(string root, string purpose)
    {
        if (root.Length == 0) root = Path.Combine(Path.GetTempPath(), $"simulation-manager-{purpose}-{Environment.UserName}");
        Directory.CreateDirectory(root);
        foreach (var folder in Directory.EnumerateDirectories(root)) RemoveWhenLeftBehind(folder);
        return new ScratchFolder(Path.Combine(root, Guid.NewGuid().ToString("N")));
    }

    /// <summary>Where a file or folder of this plain name is.</summary>
    public string PathOf(string name) => Path.Combine(_path, name);

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
