using System.Text.Json;
using Aspire.Hosting.Dashboard.Queries;
using Aspire.Hosting.Dashboard.Telemetry;

namespace Aspire.Hosting.Dashboard.Components.Controls;

/// <summary>A metric as ECharts options: lines over time, and exemplars as points that lead to their traces.</summary>
internal static class MetricChartOptions
{
    private static readonly string[] Light = ["#4a3fc5", "#00796b", "#c2410c", "#0b63a5", "#a21caf", "#4d7c0f", "#b91c1c", "#6b5b00", "#0e7490", "#7c3aed"];
    private static readonly string[] Dark = ["#a99cff", "#5fd0c0", "#fdba74", "#7cc4ff", "#f0abfc", "#bef264", "#ff8a80", "#fde68a", "#67e8f9", "#c4b5fd"];

    public static string Build(MetricChart chart, bool isDark)
    {
        var text = isDark ? "#b3b1c4" : "#565466";
        var grid = isDark ? "#353347" : "#e2e1ea";
        var lines = chart.Lines.Select(object (line) => new
        {
            name = line.Name,
            type = "line",
            showSymbol = false,
            lineStyle = new { width = 2 },
            data = line.Values.Select((value, i) => new object?[] { chart.Times[i].ToUnixTimeMilliseconds(), value }),
        });
        var exemplars = chart.Exemplars.Where(exemplar => !exemplar.TraceId.IsEmpty).Select(exemplar => new
        {
            id = exemplar.TraceId.ToString(),
            value = new object[] { UnixTime.ToTime(exemplar.TimeUnixNano).ToUnixTimeMilliseconds(), exemplar.Value },
        }).ToArray();
        if (exemplars.Length > 0)
            lines = lines.Append(new { name = "exemplars", type = "scatter", symbol = "diamond", symbolSize = 11, data = exemplars, itemStyle = new { color = isDark ? "#f0b357" : "#9a5b00" } });
        return JsonSerializer.Serialize(new
        {
            animation = false,
            color = isDark ? Dark : Light,
            textStyle = new { fontFamily = "inherit" },
            grid = new { left = 64, right = 16, top = 44, bottom = 32 },
            legend = new { type = "scroll", top = 4, textStyle = new { color = text } },
            tooltip = new { trigger = "axis", backgroundColor = isDark ? "#262535" : "#ffffff", borderColor = grid, textStyle = new { color = isDark ? "#ecebf5" : "#1d1c26" } },
            xAxis = new { type = "time", min = chart.Times[0].ToUnixTimeMilliseconds(), max = chart.Times[^1].ToUnixTimeMilliseconds(), axisLabel = new { color = text, hideOverlap = true }, axisLine = new { lineStyle = new { color = grid } } },
            yAxis = new { type = "value", name = chart.Unit, nameTextStyle = new { color = text }, axisLabel = new { color = text }, splitLine = new { lineStyle = new { color = grid } } },
            series = lines,
        });
    }
}
