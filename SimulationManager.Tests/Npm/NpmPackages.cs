using System.Diagnostics;
using SimulationManager.Tests.Hosting.Kubernetes;

namespace SimulationManager.Tests.Npm;

/// <summary>
/// Implementations of bags, messages, MQTT and rosbridge in TypeScript, which share nothing with this project's. They come from the npm registry as
/// <c>package-lock.json</c> says, into <c>artifacts/npm</c>, and stay there.
/// </summary>
internal static class NpmPackages
{
    private static readonly string s_source = Repository.PathOf("SimulationManager.Tests/Npm");
    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    /// <summary>Runs a script of this folder and returns what it writes. Skips the test where there is no node.</summary>
    /// <param name="script">Its file name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads.</param>
    public static async Task<string> RunAsync(string script, IEnumerable<string> arguments, string? input = null)
    {
        var folder = await FolderAsync();
        var node = await ChildProcess.RunAsync("node", [Path.Combine(folder, script), .. arguments], environment: null, input, folder);
        Assert.True(node.ExitCode == 0, node.Errors);
        return node.Output;
    }

    /// <summary>Starts a script of this folder, which is talked to while it runs. Skips the test where there is no node.</summary>
    /// <param name="script">Its file name.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<Process> StartAsync(string script, IEnumerable<string> arguments)
    {
        var folder = await FolderAsync();
        return Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
    }

    /// <summary>Where scripts and packages are. Skips the test where there is no node.</summary>
    public static Task<string> FolderAsync()
    {
        Assert.SkipUnless(ChildProcess.IsOnPath("node") && ChildProcess.IsOnPath("npm"), "node and npm are not on PATH (Debian: apt-get install nodejs npm).");
        return s_folder.Value;
    }

    private static async Task<string> InstallAsync()
    {
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts/npm")).FullName;
        // Modules are looked for beside what imports them.
        foreach (var script in Directory.EnumerateFiles(s_source).Where(file => Path.GetExtension(file) is ".mjs" or ".html")) File.Copy(script, Path.Combine(folder, Path.GetFileName(script)), overwrite: true);
        var (wanted, installed) = (Path.Combine(s_source, "package-lock.json"), Path.Combine(folder, "package-lock.json"));
        if (File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")) && File.Exists(installed)
            && await File.ReadAllTextAsync(wanted) == await File.ReadAllTextAsync(installed))
            return folder;
        foreach (var file in new[] { "package.json", "package-lock.json" }) File.Copy(Path.Combine(s_source, file), Path.Combine(folder, file), overwrite: true);
        var npm = await ChildProcess.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment: null, workingFolder: folder);
        if (npm.ExitCode != 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip($"The npm registry does not give the packages: {npm.Errors}");
        Assert.True(npm.ExitCode == 0, npm.Errors);
        return folder;
    }
}
