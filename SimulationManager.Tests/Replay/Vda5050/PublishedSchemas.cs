using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Json.Schema;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

/// <summary>The JSON schemas that the standard publishes (folder Schemas).</summary>
internal static class PublishedSchemas
{
    private static readonly EvaluationOptions s_strict = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };
    private static readonly EvaluationOptions s_lax = new() { OutputFormat = OutputFormat.List };
    private static readonly ConcurrentDictionary<(Vda5050Version, string, bool), JsonSchema> s_schemas = new();

    /// <summary>What a message breaks, or null.</summary>
    /// <param name="version">The release.</param>
    /// <param name="topic">The last level of the topic.</param>
    /// <param name="message">The message.</param>
    /// <param name="withFormats">Whether timestamps must be some: JSON Schema leaves that to whoever validates.</param>
    public static string? FindProblem(Vda5050Version version, string topic, JsonNode? message, bool withFormats = true)
    {
        // A schema keeps what the options of its first evaluation made of it.
        var result = s_schemas.GetOrAdd((version, topic, withFormats), Load).Evaluate(message, withFormats ? s_strict : s_lax);
        return result.IsValid ? null : string.Join("; ", result.Details.Where(detail => detail.HasErrors)
            .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")));
    }

    public static void AssertValid(Vda5050Version version, string topic, JsonNode? message)
    {
        if (FindProblem(version, topic, message) is { } problem) Assert.Fail($"{topic} of {version} is not valid: {problem}\n{message?.ToJsonString()}");
    }

    private static JsonSchema Load((Vda5050Version Version, string Topic, bool WithFormats) key) => JsonSchema.FromFile(Path.Combine(
        AppContext.BaseDirectory, "Replay", "Vda5050", "Schemas", key.Version == Vda5050Version.V21 ? "2.1.0" : "3.0.0", $"{key.Topic}.schema"));
}
