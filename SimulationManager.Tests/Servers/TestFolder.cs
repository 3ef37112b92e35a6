namespace SimulationManager.Tests.Servers;

/// <summary>A folder that ends with a test. When root runs the tests, servers run as somebody else, who can pass through it.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        var folder = Directory.CreateTempSubdirectory("simulationmanager-tests-");
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Path = folder.FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
