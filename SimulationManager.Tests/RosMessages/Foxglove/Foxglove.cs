using System.Text.Json;
using SimulationManager.Tests.Hosting.Kubernetes;

namespace SimulationManager.Tests.RosMessages.Foxglove;

/// <summary>
/// Foxglove's implementation of definitions and CDR in TypeScript, which shares nothing with this library. It comes from the npm
/// registry as <c>package-lock.json</c> says, into <c>artifacts/npm</c>, and stays there.
/// </summary>
internal static class FoxgloveImplementation
{
    private static readonly string s_source = Repository.PathOf("SimulationManager.Tests/RosMessages/Foxglove");
    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    /// <summary>What <c>foxglove.mjs</c> answers.</summary>
    public static async Task<TAnswer> AskAsync<TAnswer>(string command, object question)
    {
        Assert.SkipUnless(ChildProcess.IsOnPath("node") && ChildProcess.IsOnPath("npm"), "node and npm are not on PATH (Debian: apt-get install nodejs npm).");
        var script = Path.Combine(s_source, "foxglove.mjs");
        var answer = await ChildProcess.RunAsync("node", [script, command], environment: null, JsonSerializer.Serialize(question), await s_folder.Value);
        Assert.True(answer.ExitCode == 0, answer.Errors);
        return JsonSerializer.Deserialize<TAnswer>(answer.Output)!;
    }

    private static async Task<string> InstallAsync()
    {
        var folder = Repository.PathOf("artifacts/npm/foxglove");
        var isInstalled = Path.Combine(folder, "node_modules", ".package-lock.json");
        var wanted = Path.Combine(s_source, "package-lock.json");
        if (File.Exists(isInstalled) && File.Exists(Path.Combine(folder, "package-lock.json")) &&
            await File.ReadAllTextAsync(wanted) == await File.ReadAllTextAsync(Path.Combine(folder, "package-lock.json")))
            return folder;
        Directory.CreateDirectory(folder);
        foreach (var file in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(s_source, file), Path.Combine(folder, file), overwrite: true);
        var npm = await ChildProcess.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment: null, workingFolder: folder);
        if (npm.ExitCode != 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip($"The npm registry does not give Foxglove's packages: {npm.Errors}");
        Assert.True(npm.ExitCode == 0, npm.Errors);
        return folder;
    }
}
