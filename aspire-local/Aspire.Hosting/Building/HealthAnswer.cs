using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>What a service says about its own health.</summary>
internal static class HealthAnswer
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>
    /// Whether it is degraded, and the checks that are not healthy with their reasons, of a body
    /// <c>{"status":"Degraded","checks":{"redis":{"status":"Degraded","reason":"…"}}}</c>; the names <c>entries</c> and <c>description</c>, which
    /// other writers of health reports have, are understood as well. A body that is no such report says nothing.
    /// </summary>
    public static async Task<(bool IsDegraded, string Reasons)> ReadAsync(HttpContent body, CancellationToken cancellationToken)
    {
        await using var stream = await body.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var report = JsonDocument.Parse(buffer.AsMemory(0, length));
            return (Text(Property(report.RootElement, "status")) == "Degraded", string.Join("; ", Reasons(report.RootElement)));
        }
        catch (JsonException)
        {
            return (false, "");
        }
    }

    private static IEnumerable<string> Reasons(JsonElement report)
    {
        if (Property(report, "checks", "entries") is not { ValueKind: JsonValueKind.Object } checks)
            yield break;
        foreach (var check in checks.EnumerateObject())
        {
            var status = Text(Property(check.Value, "status"));
            if (status is not (null or "Healthy"))
                yield return Text(Property(check.Value, "reason", "description")) is { Length: > 0 } reason ? $"{check.Name}: {reason}" : $"{check.Name} is {status}";
        }
    }

    private static JsonElement? Property(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value))
                return value;
        return null;
    }

    private static string? Text(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
