namespace Aspire.Hosting.LocalRuntime;

/// <summary>
/// Folders of downloaded packages. A package is made in a folder of its own and then moved to its place, so that half of one never
/// counts, and two AppHosts that fetch the same at once do not disturb each other.
/// </summary>
internal sealed class PackageCache(DataRoot root)
{
    public async Task<string> GetAsync(string name, Func<string, Task> make)
    {
        var folder = Path.Combine(root.Cache, name);
        if (Directory.Exists(folder))
            return folder;
        var half = $"{folder}.{Guid.NewGuid():N}.half";
        try
        {
            Directory.CreateDirectory(half);
            await make(half).ConfigureAwait(false);
            OpenToReaders(half);
            Directory.Move(half, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another AppHost was faster, and its copy is as good.
        }
        finally
        {
            if (Directory.Exists(half))
                Directory.Delete(half, recursive: true);
        }

        return folder;
    }

    /// <summary>As root, the unprivileged account that runs the servers must be able to read them, whatever the umask is.</summary>
    private static void OpenToReaders(string folder)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return;
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder, Read | Enter | UnixFileMode.UserWrite);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(entry => entry.LinkTarget is null))
            entry.UnixFileMode |= entry is DirectoryInfo ? Read | Enter : Read;
    }
}
