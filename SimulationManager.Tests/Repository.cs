namespace SimulationManager.Tests;

/// <summary>Files of the repository, from wherever the tests run.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>What was built of a project together with the tests.</summary>
    public static string OutputOf(string project)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Name;
        return PathOf($"SimulationManager.{project}/bin/{configuration}/net10.0");
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SimulationManager.sln"))) return folder.FullName;
        throw new InvalidOperationException($"The tests do not run inside the repository: {AppContext.BaseDirectory}");
    }
}
