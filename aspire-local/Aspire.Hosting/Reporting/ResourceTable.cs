using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Reporting;

/// <summary>All resources, one a line.</summary>
internal static class ResourceTable
{
    public static IEnumerable<string> Lines(IReadOnlyCollection<ResourceEvent> states)
    {
        string[][] rows =
        [
            ["resource", "state", "source", "endpoint"],
            .. states.Select(state => (string[])[state.ResourceId, StateOf(state.Snapshot), state.Snapshot.Source ?? "", EndpointsOf(state)]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => $"  {string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))}".TrimEnd());
    }

    public static string StateOf(CustomResourceSnapshot snapshot) => snapshot switch
    {
        { State.Text: "Running", IsReady: true } => "Healthy",
        { State.Text: "Running", HealthStatus: HealthStatus.Healthy } => "Running",
        { State.Text: "Running" } => "Running (not healthy yet)",
        { ExitCode: { } code } => $"{snapshot.State?.Text} ({code})",
        _ => snapshot.State?.Text ?? "",
    };

    private static string EndpointsOf(ResourceEvent state) => string.Join(" ", state.Snapshot.Urls.Select(url => url.Url));
}
