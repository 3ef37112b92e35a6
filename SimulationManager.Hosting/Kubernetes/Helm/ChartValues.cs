using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>
/// The chart's values, which are an environment's file: what holds for those that it leaves out, and the schema that refuses what
/// <see cref="EnvironmentFile"/> and <see cref="EnvironmentOverlay"/> refuse.
/// </summary>
internal static class ChartValues
{
    private const string Label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
    private const string Subdomain = $@"^({Label}(\.{Label})*)?$";
    private const string Registry = $@"^((localhost|{Label}(\.{Label})+|{Label}(\.{Label})*:[0-9]{{1,5}})(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)?$";

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file <c>values.yaml</c>.</summary>
    public const string Defaults = $$"""
        # {{OutputTree.Origin}}
        # The values of an installation are its environment's file, deploy/environments/NAME.json; docs/kubernetes.md says what they mean.
        registry: ""
        images: {}
        storageClass: ""

        """;

    /// <summary>The file <c>values.schema.json</c>.</summary>
    public static string Schema(IReadOnlyList<OverlayVariant> variants) => new JsonObject
    {
        ["$schema"] = "http://json-schema.org/draft-07/schema#",
        ["title"] = "An environment: deploy/environments/NAME.json",
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["required"] = new JsonArray("overlay"),
        ["properties"] = new JsonObject
        {
            ["overlay"] = new JsonObject { ["enum"] = Strings(variants.Select(variant => variant.Name)) },
            ["registry"] = Text(Registry),
            ["images"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = Image() },
            ["storageClass"] = Text(Subdomain),
            ["host"] = Text(Subdomain),
            ["knownProxies"] = new JsonObject { ["type"] = "array", ["items"] = Text("^[0-9a-fA-F.:]+/[0-9]{1,3}$") },
            // The chart has no scaler by load.
            ["scaleByLoad"] = new JsonObject { ["const"] = false },
        },
        ["allOf"] = new JsonArray([.. variants.Select(Rules)]),
    }.ToJsonString(_json) + "\n";

    /// <summary>What a kind of environment does not have cannot be set.</summary>
    private static JsonObject Rules(OverlayVariant variant)
    {
        var rules = new JsonObject { ["images"] = new JsonObject { ["propertyNames"] = new JsonObject { ["enum"] = Strings(variant.Workloads.Select(workload => workload.Name)) } } };
        if (variant.Workloads.All(workload => workload.Resource.Volumes.Count == 0)) rules["storageClass"] = new JsonObject { ["maxLength"] = 0 };
        if (!variant.HasIngress)
        {
            rules["host"] = new JsonObject { ["maxLength"] = 0 };
            rules["knownProxies"] = new JsonObject { ["maxItems"] = 0 };
        }

        return new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["overlay"] = new JsonObject { ["const"] = variant.Name } } },
            ["then"] = new JsonObject { ["properties"] = rules },
        };
    }

    private static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    /// <summary>A tag that does not move, or a digest.</summary>
    private static JsonObject Image()
    {
        var image = Text("(:[^:/@]+|@sha256:[0-9a-f]+)$");
        image["not"] = new JsonObject { ["pattern"] = ":latest$" };
        return image;
    }

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
