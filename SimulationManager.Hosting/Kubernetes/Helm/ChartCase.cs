using System.Text.Json.Nodes;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>A case in which the chart gives objects of its own: a kind of environment, where that matters with or without a storage class.</summary>
/// <param name="Overlay">The value <c>overlay</c>.</param>
/// <param name="StorageClass">Whether <c>storageClass</c> is set; null when both are the same case.</param>
internal sealed record ChartCase(string Overlay, bool? StorageClass = null)
{
    /// <summary>The only case of something that is the same in all.</summary>
    public static readonly ChartCase Any = new("");

    /// <summary>A template's condition that holds in these cases only.</summary>
    public static string Condition(IEnumerable<ChartCase> cases)
    {
        var overlays = cases.GroupBy(item => item.Overlay).ToArray();
        var whole = overlays.Where(overlay => overlay.First().StorageClass is null || overlay.Count() == 2).Select(overlay => $"\"{overlay.Key}\"").ToArray();
        string[] terms =
        [
            .. overlays.Where(overlay => overlay.First().StorageClass is not null && overlay.Count() == 1)
                .Select(overlay => $"and (eq .Values.overlay \"{overlay.Key}\") {(overlay.First().StorageClass == true ? ".Values.storageClass" : "(not .Values.storageClass)")}"),
            .. whole.Length > 0 ? [$"eq .Values.overlay {string.Join(' ', whole)}"] : Array.Empty<string>(),
        ];
        return terms.Length == 1 ? terms[0] : $"or {string.Join(' ', terms.Select(term => $"({term})"))}";
    }
}

/// <summary>What a case has in some place.</summary>
internal sealed record Variant(ChartCase Case, JsonNode? Node);
