namespace Aspire.Hosting.Dashboard.Components.Layout;

/// <summary>Single keys that lead to a view from anywhere.</summary>
internal static class Shortcuts
{
    public static IReadOnlyDictionary<string, string> Targets { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["r"] = "/",
        ["c"] = "/consolelogs",
        ["s"] = "/structuredlogs",
        ["t"] = "/traces",
        ["m"] = "/metrics",
        ["e"] = "/session",
    };
}
