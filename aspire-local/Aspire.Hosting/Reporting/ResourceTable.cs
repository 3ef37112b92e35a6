using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Reporting;

/// <summary>All resources, one a line.</summary>
internal static class ResourceTable
{
    public const string NotHealthyYet = "Running (not healthy yet)";

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
        { State.Text: "Running" } => NotHealthyYet,
        { ExitCode: { } code } => $"{snapshot.State?.Text} ({code})",
        _ => snapshot.State?.Text ?? "",
    };

    private static string EndpointsOf(ResourceEvent state) => string.Join(" ", state.Snapshot.Urls.Select(url => url.Url));
}
