using System.Runtime.InteropServices;
using System.Text;
using Aspire.Hosting.LocalRuntime;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds what the build made of a project.</summary>
internal sealed class ProjectOutput(AppHostIdentity identity)
{
    /// <summary>The <c>dotnet</c> that runs this process.</summary>
    public static string DotnetPath { get; } = FindDotnet();

    /// <exception cref="DistributedApplicationException">The project has not been built.</exception>
    public async Task<string> FindAsync(string projectPath, ILocalRuntimeSession session, CancellationToken cancellationToken)
    {
        var assembly = identity.TargetPathOf(projectPath) ?? await AskBuildAsync(projectPath, session, cancellationToken);
        return File.Exists(assembly)
            ? assembly
            : throw new DistributedApplicationException($"The project '{projectPath}' has not been built: there is no '{assembly}'. Build it with: dotnet build \"{projectPath}\"");
    }

    private static async Task<string> AskBuildAsync(string projectPath, ILocalRuntimeSession session, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        await using var build = await session.LaunchAsync(
            new ProcessRequest
            {
                Name = "msbuild",
                FileName = DotnetPath,
                Arguments = ["msbuild", projectPath, "-getProperty:TargetPath", "-nologo"],
                WorkingDirectory = Path.GetDirectoryName(projectPath)!,
                OnOutput = line =>
                {
                    lock (output)
                        output.AppendLine(line.Text);
                },
            },
            cancellationToken);
        var exitCode = await build.Exited.WaitAsync(cancellationToken);
        lock (output)
            return exitCode == 0
                ? output.ToString().Trim()
                : throw new DistributedApplicationException($"The project '{projectPath}' cannot be read: {output.ToString().Trim()}");
    }

    private static string FindDotnet()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }
}
