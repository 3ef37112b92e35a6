namespace Aspire.Hosting.LocalRuntime;

/// <summary>Where a native or packaged server keeps its data on this machine.</summary>
/// <param name="Folder">May not exist yet.</param>
/// <param name="IsTemporary">Deleted when the server stops.</param>
internal sealed record DataMount(string Folder, bool IsTemporary)
{
    /// <summary>The mount at the data folder of the image, else a folder for this session only.</summary>
    public static DataMount Of(ServerRequest request, DataRoot root, params string[] targets)
    {
        var mount = request.Mounts.FirstOrDefault(mount => targets.Contains(mount.Target.TrimEnd('/')));
        foreach (var other in request.Mounts.Where(other => other != mount))
            request.OnProgress($"'{request.ResourceName}' does not run in a container, so its mount at {other.Target} is not used");
        return mount switch
        {
            null => new DataMount(root.TemporaryFolder(request.ResourceName), IsTemporary: true),
            { IsNamedVolume: true } => new DataMount(root.VolumeFolder(mount.Source), IsTemporary: false),
            _ => new DataMount(mount.Source, IsTemporary: false),
        };
    }

    public bool IsEmpty => !Directory.Exists(Folder) || !Directory.EnumerateFileSystemEntries(Folder).Any();

    public void Create(UnixAccount? owner) => DataRoot.CreatePrivateFolder(Folder, owner);
}
