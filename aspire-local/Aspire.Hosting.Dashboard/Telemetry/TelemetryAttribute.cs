namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>Which OTLP value an attribute's text came from, so that JSON and exports give it back with its type.</summary>
internal enum AttributeKind : byte { Text, Boolean, Integer, Number, Json, Bytes }

/// <summary>A key and its value as text: arrays and maps as JSON, bytes as base64.</summary>
internal readonly record struct TelemetryAttribute(string Key, string Value, AttributeKind Kind = AttributeKind.Text)
{
    // Two references and a kind in the array slot, and about a 22-byte header with two bytes a character for the value.
    public int EstimatedBytes => 24 + 22 + (2 * Value.Length);
}

internal static class TelemetryAttributes
{
    public static string? Find(this TelemetryAttribute[] attributes, string key)
    {
        foreach (var attribute in attributes)
        {
            if (string.Equals(attribute.Key, key, StringComparison.Ordinal))
                return attribute.Value;
        }

        return null;
    }

    public static int EstimatedBytes(this TelemetryAttribute[] attributes)
    {
        var bytes = 24;
        foreach (var attribute in attributes)
            bytes += attribute.EstimatedBytes;
        return bytes;
    }
}
