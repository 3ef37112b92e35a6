using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Reporting;

/// <summary>What a person wants to know when the start is over: where to go, how long it took, and what is missing and why.</summary>
internal static class StartupSummary
{
    /// <summary>True when nothing more is going to happen by itself.</summary>
    public static bool IsSettled(IReadOnlyCollection<ResourceEvent> states) =>
        states.Count > 0 && states.All(state => IsDone(state) || IsBlocked(state.Resource, states));

    public static IEnumerable<string> Lines(IReadOnlyCollection<ResourceEvent> states, TimeSpan elapsed, ConsoleOutput output)
    {
        var missing = states.Where(IsNotAvailable).ToList();
        var lacking = states.Except(missing).Where(state => IsExpected(state) && !state.Snapshot.IsReady && state.Snapshot.State?.Text != KnownResourceStates.Finished).ToList();
        var seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        yield return lacking.Count == 0
            ? output.Good($"Everything is healthy after {seconds} s.")
            : output.Bad($"{states.Count - missing.Count - lacking.Count} of {states.Count - missing.Count} resources are healthy after {seconds} s.");
        foreach (var state in states.Where(state => state.Snapshot.IsReady))
            foreach (var url in state.Snapshot.Urls.Where(url => !url.IsInternal))
                yield return $"  {state.ResourceId} is at {output.Good(url.Url)}";
        foreach (var state in lacking)
            yield return $"  {state.ResourceId}: {WhyNot(state, states)}";
        foreach (var state in missing)
            yield return $"  {state.ResourceId} is not available here, and nothing needs it. {state.Snapshot.Reason}";
    }

    private static bool IsNotAvailable(ResourceEvent state) => state.Snapshot.State?.Text == LocalResourceStates.NotAvailable;

    private static bool IsExpected(ResourceEvent state) => !state.Resource.TryGetLastAnnotation<ExplicitStartupAnnotation>(out _);

    private static bool IsDone(ResourceEvent state) =>
        state.Snapshot.IsReady || ResourceNotificationService.HasEnded(state.Snapshot) || !IsExpected(state);

    private static bool IsBlocked(IResource resource, IReadOnlyCollection<ResourceEvent> states) =>
        DependencyGraph.Awaited(resource).Any(awaited => HasFailed(awaited, states) || IsBlocked(awaited, states));

    private static bool HasFailed(IResource resource, IReadOnlyCollection<ResourceEvent> states) =>
        states.Any(state => state.Resource == resource && ResourceNotificationService.HasEnded(state.Snapshot) && state.Snapshot.ExitCode is not 0);

    private static string WhyNot(ResourceEvent state, IReadOnlyCollection<ResourceEvent> states)
    {
        var failed = DependencyGraph.Awaited(state.Resource).Where(awaited => HasFailed(awaited, states) || IsBlocked(awaited, states)).Select(awaited => awaited.Name).ToList();
        if (state.Snapshot.State?.Text == KnownResourceStates.Waiting && failed.Count > 0)
            return $"waits for {string.Join(", ", failed)}";
        var unhealthy = state.Snapshot.HealthReports.Where(report => report.Status is not HealthStatus.Healthy).Select(report => report.Description);
        return string.Join(" ", ((string?[])[ResourceTable.StateOf(state.Snapshot) + ".", state.Snapshot.Reason, .. unhealthy]).Where(part => !string.IsNullOrEmpty(part)));
    }
}
