using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Hosting.Kubernetes.Helm;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;
using SimulationManager.Hosting.Sites;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Writes the Kubernetes manifests and the Helm chart of the AppHost's graph, or of a manifest file, or compares them with those that are there.</summary>
internal static class ManifestsStep
{
    public const string Name = "kubernetes-manifests";

    /// <summary>Says which version of our own images to deploy.</summary>
    public const string VersionFile = ".version";

    /// <summary>Where the manifests are kept, from the repository's root on.</summary>
    public const string DefaultOutput = "aspirate-output";

    /// <summary>Runs the step.</summary>
    /// <param name="context">The pipeline.</param>
    /// <param name="namespace">Namespace of everything but what the cluster shares.</param>
    /// <param name="publisher">Aspire's step that writes the graph's manifest.</param>
    /// <exception cref="GenerationException">The settings, the manifest or, when they are only compared, the files are not right.</exception>
    public static async Task RunAsync(PipelineStepContext context, string @namespace, PipelineStep? publisher)
    {
        var options = context.Settings<GenerateOptions>(GenerateOptions.Section);
        var root = context.RepositoryRoot();
        var settings = SystemSettings.Of(options.Version ?? ReadVersion(root)) with { Namespace = @namespace };
        var sites = SiteSettings.Read(context.Services.GetRequiredService<IConfiguration>());
        var environments = EnvironmentFile.ReadAll(options.Environments ?? Path.Combine(root, EnvironmentFile.DefaultFolder));
        var json = options.Manifest is { } file
            ? await ReadAsync(file, context.CancellationToken)
            : await GraphManifest.WriteAsync(publisher ?? throw new GenerationException($"Aspire has no step '{GraphManifest.Step}' any more: give --manifest FILE."), context);
        var manifest = AspireManifest.Parse(json);
        settings = settings.With(sites, manifest);
        var own = Path.GetFullPath(Path.Combine(root, DefaultOutput));
        var output = Path.GetFullPath(context.OutputPath() ?? own);
        List<(OutputTree Tree, string Folder)> outputs = [(ManifestGeneration.Generate(manifest, settings, environments), output)];
        // The chart has a place of its own in the repository; any other folder gets the manifests alone.
        if (output == own) outputs.Add((HelmChart.Generate(manifest, settings), Path.GetFullPath(Path.Combine(root, HelmChart.DefaultFolder))));
        foreach (var (tree, folder) in outputs)
        {
            if (options.Check) Compare(context, tree, folder);
            else Write(context, tree, folder);
        }
    }

    private static void Write(PipelineStepContext context, OutputTree tree, string output)
    {
        var changed = tree.Write(output);
        foreach (var path in changed) context.Say($"  {path}");
        context.Say($"{tree.Files.Count} files in {output}, {changed.Count} changed.");
    }

    private static void Compare(PipelineStepContext context, OutputTree tree, string output)
    {
        var drift = tree.Drift(output);
        if (drift.Count > 0)
            throw new GenerationException($"{output} is not what the graph says; run 'dotnet run --project SimulationManager.AppHost -- generate' and commit:\n  {string.Join("\n  ", drift)}");
        context.Say($"{output} is what the graph says.");
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken) => File.Exists(file)
        ? await File.ReadAllTextAsync(file, cancellationToken)
        : throw new GenerationException($"There is no manifest file '{file}'.");

    private static string ReadVersion(string root)
    {
        var file = Path.Combine(root, VersionFile);
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } version
            ? version
            : throw new GenerationException($"'{file}' does not say which version to deploy: write one into it, or give --version.");
    }
}
