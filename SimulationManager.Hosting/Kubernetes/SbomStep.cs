using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Pipelines;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// The packages inside a published service as CycloneDX 1.6, read from the <c>.deps.json</c> that the runtime itself loads by.
/// The same folder gives the same bytes.
/// </summary>
internal static class SbomStep
{
    public const string Name = "sbom";

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    /// <summary>Runs the step.</summary>
    /// <exception cref="GenerationException">The settings are not right.</exception>
    public static async Task RunAsync(PipelineStepContext context)
    {
        if (context.Settings<Options>("Kubernetes:Sbom").Published is not { } folder || context.OutputPath() is not { } output)
            throw new GenerationException("Give --published FOLDER --output FILE.");
        var name = (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "SimulationManager.*.runtimeconfig.json").Order(StringComparer.Ordinal).FirstOrDefault() : null)
            ?? throw new GenerationException($"'{folder}' is no published service.");
        var deps = name.Replace(".runtimeconfig.json", ".deps.json", StringComparison.Ordinal);
        var document = Describe(Path.GetFileName(deps).Replace(".deps.json", "", StringComparison.Ordinal), await File.ReadAllTextAsync(deps, context.CancellationToken));
        await File.WriteAllTextAsync(output, document.ToJsonString(_json) + "\n", context.CancellationToken);
        context.Say($"{document["components"]!.AsArray().Count} components in {output}");
    }

    /// <summary>The bill of materials of a <c>.deps.json</c>.</summary>
    public static JsonObject Describe(string service, string deps)
    {
        var libraries = JsonNode.Parse(deps)!["libraries"]!.AsObject();
        var components = libraries
            .Where(library => library.Value!["type"]!.GetValue<string>() == "package")
            .OrderBy(library => library.Key, StringComparer.Ordinal)
            .Select(library => Component(library.Key.Split('/'), library.Value!["sha512"]!.GetValue<string>()));
        return new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["serialNumber"] = $"urn:uuid:{new Guid(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(service + deps)).AsSpan(0, 16))}",
            ["version"] = 1,
            ["metadata"] = new JsonObject { ["component"] = new JsonObject { ["type"] = "application", ["name"] = service, ["bom-ref"] = service } },
            ["components"] = new JsonArray([.. components]),
        };
    }

    /// <summary>The hash is the package's, as NuGet's lock has it: <c>sha512-</c> and Base64.</summary>
    private static JsonObject Component(string[] identity, string hash)
    {
        var component = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = $"pkg:nuget/{identity[0]}@{identity[1]}",
            ["name"] = identity[0],
            ["version"] = identity[1],
            ["purl"] = $"pkg:nuget/{identity[0]}@{identity[1]}",
        };
        if (hash.StartsWith("sha512-", StringComparison.Ordinal))
            component["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(hash["sha512-".Length..])) });
        return component;
    }

    private sealed record Options
    {
        public string? Published { get; init; }
    }
}
