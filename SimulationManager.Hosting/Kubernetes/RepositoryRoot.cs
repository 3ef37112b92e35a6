namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The repository that a command was started in.</summary>
internal static class RepositoryRoot
{
    public const string VersionFile = ".version";

    /// <summary>The folder with <c>.version</c>, here or further up; else the current folder.</summary>
    public static string Find()
    {
        var from = Directory.GetCurrentDirectory();
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, VersionFile))) return folder.FullName;
        return from;
    }
}
