using System.Text.Json;

namespace SimulationManager.Replay;

/// <summary>What a server says of operations (<c>status</c>).</summary>
internal static class RosbridgeStatus
{
    /// <summary>The error that an operation of the server tells; null: it tells none.</summary>
    public static string? ErrorOf(JsonElement operation) =>
        TextOf(operation, "op") == "status" && TextOf(operation, "level") == "error" ? RosbridgeFailures.Clean(TextOf(operation, "msg") ?? "an error without a text") : null;

    /// <summary>A text of an operation; null: it has none of this name.</summary>
    public static string? TextOf(JsonElement operation, string name) =>
        operation.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
