namespace SimulationManager.Hosting.LocalServers;

/// <summary>
/// Fetched packages. One is made in a folder of its own and then moved to its place, so that half of one never counts and two
/// AppHosts that fetch the same at once do not disturb each other.
/// </summary>
internal static class PackageCache
{
    private const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The folder of a package; fetched unless it is there.</summary>
    public static async Task<string> GetAsync(string packages, string name, Func<string, Task> fetch)
    {
        var folder = Path.Combine(packages, name);
        if (Directory.Exists(folder)) return folder;
        DataFolders.Create(packages);
        var half = $"{folder}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(half);
            await fetch(half).ConfigureAwait(false);
            OpenToReaders(half);
            Directory.Move(half, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another AppHost was faster, and its copy is as good.
        }
        finally
        {
            if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        }

        return folder;
    }

    /// <summary>As root, the account that runs the servers must be able to read them, whatever the umask is.</summary>
    private static void OpenToReaders(string folder)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return;
        File.SetUnixFileMode(folder, Read | Enter | UnixFileMode.UserWrite);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(entry => entry.LinkTarget is null))
            entry.UnixFileMode |= entry is DirectoryInfo ? Read | Enter : Read;
    }
}
