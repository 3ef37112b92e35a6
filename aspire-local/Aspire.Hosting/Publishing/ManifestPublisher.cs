using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the application as a manifest that deployment tools read. Starts nothing.</summary>
internal sealed class ManifestPublisher(DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext, IConfiguration configuration)
{
    /// <exception cref="DistributedApplicationException">The publisher is not known, no output path is given, or the model cannot be written.</exception>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        if (!string.Equals(executionContext.PublisherName, "manifest", StringComparison.OrdinalIgnoreCase))
            throw new DistributedApplicationException($"The publisher '{executionContext.PublisherName}' is not known. The only one is 'manifest'.");
        if (configuration[CommandLineSwitches.OutputPathKey] is not { Length: > 0 } outputPath)
            throw new DistributedApplicationException("The '--output-path [path]' option was not specified even though '--publisher manifest' argument was used.");

        var path = Path.GetFullPath(outputPath);
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            path = Path.Combine(path, "aspire-manifest.json");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var content = new MemoryStream();
        await WriteAsync(content, path, cancellationToken);
        await File.WriteAllBytesAsync(path, content.ToArray(), cancellationToken);
        Console.WriteLine($"Published manifest to: {path}");
    }

    internal async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        // The same on every platform, and with placeholders' and passwords' characters as they are.
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        await using var writer = new Utf8JsonWriter(content, options);
        await new ManifestWriter(new ManifestPublishingContext(executionContext, path, writer, cancellationToken)).WriteAsync(model);
        await writer.FlushAsync(cancellationToken);
    }
}

/// <summary>The manifest that is being written.</summary>
public sealed class ManifestPublishingContext(
    DistributedApplicationExecutionContext executionContext, string manifestPath, Utf8JsonWriter writer, CancellationToken cancellationToken = default)
{
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    public string ManifestPath { get; } = manifestPath;

    public Utf8JsonWriter Writer { get; } = writer;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>A path as the manifest has it: relative to the manifest, with forward slashes.</summary>
    public string? GetManifestRelativePath(string? path) => path is null
        ? null
        : Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(ManifestPath))!, path).Replace('\\', '/');
}
