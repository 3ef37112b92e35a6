using System.Text.Json;

namespace Aspire.Hosting.Dashboard.Components.Controls;

/// <summary>The resources as an ECharts graph: what depends on others stands left of them.</summary>
internal static class ResourceGraphOptions
{
    private const int ColumnWidth = 290;
    private const int RowHeight = 110;
    private static readonly int[] NodeSize = [190, 56];
    private static readonly string[] EdgeSymbols = ["none", "arrow"];

    /// <summary>The chart's options; <paramref name="stateOf"/> says a resource's state and health in the reader's language.</summary>
    public static string Build(ResourceView[] resources, bool isDark, Func<ResourceView, bool, string> stateOf)
    {
        var byName = resources.ToLookup(resource => resource.DisplayName, StringComparer.OrdinalIgnoreCase);
        var levels = Levels(resources, byName);
        var rows = new Dictionary<int, int>();
        var nodes = resources.Select(resource =>
        {
            var level = levels[resource.Name];
            var row = rows[level] = rows.GetValueOrDefault(level, -1) + 1;
            var unhealthy = resource.State == "Running" && Array.Exists(resource.Health, check => check.Status is "Unhealthy");
            var colour = Colour(unhealthy ? ResourceTone.Error : resource.Tone, isDark);
            return new
            {
                id = resource.Name,
                name = resource.Name,
                x = level * ColumnWidth,
                y = row * RowHeight,
                value = stateOf(resource, unhealthy),
                symbol = "rect",
                symbolSize = NodeSize,
                itemStyle = new { color = isDark ? "#262535" : "#ffffff", borderColor = colour, borderWidth = 2 },
                label = new { show = true, formatter = $"{{name|{Plain(resource.Name)}}}\n{{state|{Plain(stateOf(resource, unhealthy))}}}", rich = new { name = new { fontSize = 14, fontWeight = 600, lineHeight = 20, color = isDark ? "#ecebf5" : "#1d1c26" }, state = new { fontSize = 11, lineHeight = 16, color = colour } } },
            };
        }).ToArray();
        var links = resources.SelectMany(resource => resource.Relationships
            .DistinctBy(relation => relation.Resource, StringComparer.OrdinalIgnoreCase)
            .SelectMany(relation => byName[relation.Resource].Where(target => target.Name != resource.Name)
                .Select(target => new { source = resource.Name, target = target.Name, lineStyle = new { type = relation.Type == "Parent" ? "dotted" : "solid" } }))).ToArray();
        return JsonSerializer.Serialize(new
        {
            animation = false,
            tooltip = new { formatter = "{b}: {c}" },
            series = new[]
            {
                new
                {
                    type = "graph", layout = "none", roam = true, draggable = true, data = nodes, links,
                    edgeSymbol = EdgeSymbols, edgeSymbolSize = 9,
                    lineStyle = new { color = isDark ? "#77748f" : "#8a879c", width = 1.5, curveness = 0.12 },
                    emphasis = new { focus = "adjacency" },
                    // One unit is one pixel, so that names keep their size; larger graphs are dragged and zoomed.
                    left = "center", top = "middle", width = Math.Max(1, levels.Values.DefaultIfEmpty(0).Max()) * ColumnWidth, height = Math.Max(1, rows.Values.DefaultIfEmpty(0).Max()) * RowHeight,
                },
            },
        });
    }

    /// <summary>How far a resource is from those that nothing refers to: the longest way, cut off where references form a ring.</summary>
    private static Dictionary<string, int> Levels(ResourceView[] resources, ILookup<string, ResourceView> byName)
    {
        var levels = resources.ToDictionary(resource => resource.Name, _ => 0, StringComparer.OrdinalIgnoreCase);
        for (var round = 0; round < resources.Length; round++)
        {
            var changed = false;
            foreach (var resource in resources)
            {
                foreach (var target in resource.Relationships.SelectMany(relation => byName[relation.Resource]))
                {
                    if (target.Name == resource.Name || levels[target.Name] > levels[resource.Name] || levels[resource.Name] >= resources.Length)
                        continue;
                    levels[target.Name] = levels[resource.Name] + 1;
                    changed = true;
                }
            }

            if (!changed)
                break;
        }

        return levels;
    }

    // Braces and bars are markup in ECharts' labels.
    private static string Plain(string text) => text.Replace('{', '(').Replace('}', ')').Replace('|', '/');

    private static string Colour(ResourceTone tone, bool isDark) => (tone, isDark) switch
    {
        (ResourceTone.Success, false) => "#1b7a3d",
        (ResourceTone.Success, true) => "#6fd08c",
        (ResourceTone.Warning, false) => "#9a5b00",
        (ResourceTone.Warning, true) => "#f0b357",
        (ResourceTone.Error, false) => "#b3261e",
        (ResourceTone.Error, true) => "#ff8a80",
        (ResourceTone.Progress, false) => "#0b63a5",
        (ResourceTone.Progress, true) => "#7cc4ff",
        (_, false) => "#565466",
        _ => "#b3b1c4",
    };
}
