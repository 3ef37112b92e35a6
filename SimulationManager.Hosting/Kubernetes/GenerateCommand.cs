using System.Diagnostics;
using System.Reflection;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// <c>generate [--manifest FILE] [--output FOLDER] [--version V] [--registry R] [--image NAME=REF]… [--storage-class C] [--host H] [--check]</c>:
/// writes the Kubernetes manifests of the AppHost's graph, or of a manifest file.
/// </summary>
public static class GenerateCommand
{
    /// <summary>The first argument that means this command.</summary>
    public const string Verb = "generate";

    private const string DefaultOutput = "aspirate-output";

    /// <summary>Runs the command.</summary>
    /// <param name="args">All arguments of the AppHost, the verb first.</param>
    /// <param name="cancellationToken">Stops the command.</param>
    /// <returns>Exit code: 0, or 1 when the arguments, the manifest or, with <c>--check</c>, the committed files are not right.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        try
        {
            var options = GenerateOptions.Parse(args[1..]);
            var root = RepositoryRoot.Find();
            var settings = options.Apply(SystemSettings.Of(options.Version ?? ReadVersion(root)));
            var json = options.Manifest is { } file
                ? await ReadAsync(file, cancellationToken)
                : await PublishAsync(cancellationToken);
            var tree = ManifestGeneration.Generate(AspireManifest.Parse(json), settings);
            var output = Path.GetFullPath(options.Output ?? Path.Combine(root, DefaultOutput));
            return options.Check ? Check(tree.Drift(output), output) : Report(tree.Write(output), tree.Files.Count, output);
        }
        catch (GenerationException exception)
        {
            await Console.Error.WriteLineAsync($"generate: {exception.Message}");
            return 1;
        }
    }

    private static int Report(IReadOnlyList<string> changed, int count, string output)
    {
        foreach (var path in changed) Console.WriteLine($"  {path}");
        Console.WriteLine($"{count} files in {output}, {changed.Count} changed.");
        return 0;
    }

    private static int Check(IReadOnlyList<string> drift, string output)
    {
        if (drift.Count == 0)
        {
            Console.WriteLine($"{output} is what the graph says.");
            return 0;
        }

        Console.Error.WriteLine($"{output} is not what the graph says; run 'dotnet run --project SimulationManager.AppHost -- generate' and commit:");
        foreach (var path in drift) Console.Error.WriteLine($"  {path}");
        return 1;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken) => File.Exists(file)
        ? await File.ReadAllTextAsync(file, cancellationToken)
        : throw new GenerationException($"There is no manifest file '{file}'.");

    /// <summary>Lets the AppHost write its manifest in a process of its own, as any Aspire AppHost does.</summary>
    private static async Task<string> PublishAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("aspire-manifest-");
        try
        {
            var file = Path.Combine(folder.FullName, "manifest.json");
            var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
            var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])[Assembly.GetExecutingAssembly().Location, "--operation", "publish", "--publisher", "manifest", "--output-path", file])
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start) ?? throw new GenerationException($"'{host}' cannot be started.");
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 && File.Exists(file)
                ? await File.ReadAllTextAsync(file, cancellationToken)
                : throw new GenerationException($"The AppHost did not write its manifest (exit code {process.ExitCode}):\n{await output}{await errors}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string ReadVersion(string root)
    {
        var file = Path.Combine(root, RepositoryRoot.VersionFile);
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } version
            ? version
            : throw new GenerationException($"'{file}' does not say which version to deploy: write one into it, or give --version.");
    }
}
