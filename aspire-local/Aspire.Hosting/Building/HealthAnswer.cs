using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>What a service that is not well says about itself.</summary>
internal static class HealthAnswer
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>
    /// The checks that are not healthy, with their reasons, of a body <c>{"checks":{"redis":{"status":"Unhealthy","reason":"…"}}}</c>; the
    /// names <c>entries</c> and <c>description</c>, which other writers of health reports have, are understood as well. Empty if the body is no such report.
    /// </summary>
    public static async Task<string> ReasonsAsync(HttpContent body, CancellationToken cancellationToken)
    {
        await using var stream = await body.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var report = JsonDocument.Parse(buffer.AsMemory(0, length));
            return string.Join("; ", Reasons(report.RootElement));
        }
        catch (JsonException)
        {
            return "";
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
