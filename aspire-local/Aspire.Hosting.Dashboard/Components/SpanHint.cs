using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Traces;

namespace Aspire.Hosting.Dashboard.Components;

/// <summary>
/// What a call was about, beside its name, which is often only the system (<c>postgresql</c>) or the method (<c>GET</c>).
/// Attributes by the OpenTelemetry semantic conventions for database and HTTP clients, the older names included.
/// </summary>
internal static class SpanHint
{
    private const int LongestHint = 120;
    private static readonly string[] Statements = ["db.query.summary", "db.query.text", "db.statement"];
    private static readonly string[] Addresses = ["url.full", "http.url"];

    /// <summary>One short line, or nothing.</summary>
    public static string Of(SpanEntry span)
    {
        if (span.Kind != SpanKind.Client)
            return "";
        if (First(span, Statements) is { } statement)
            return Shorten(string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        return First(span, Addresses) is { } address && Uri.TryCreate(address, UriKind.Absolute, out var url) ? Shorten(url.Authority + url.AbsolutePath) : "";
    }

    private static string? First(SpanEntry span, string[] keys) =>
        keys.Select(key => span.Attributes.Find(key)).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    private static string Shorten(string text) => text.Length <= LongestHint ? text : text[..(LongestHint - 1)] + "…";
}
