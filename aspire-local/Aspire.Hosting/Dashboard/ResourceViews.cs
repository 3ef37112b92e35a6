using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Dashboard;

/// <summary>Turns what the engine knows of a resource into what the dashboard shows of it.</summary>
internal sealed class ResourceViews(DistributedApplicationModel model, SecretValues secrets, IServiceProvider services)
{
    private static readonly string[] SourceKinds = ["container", "native", "package"];

    public async Task<ResourceView> OfAsync(ResourceEvent state, CancellationToken cancellationToken)
    {
        var snapshot = state.Snapshot;
        await secrets.LoadAsync(model, cancellationToken);
        return new ResourceView
        {
            Name = state.ResourceId,
            DisplayName = state.Resource.Name,
            Type = snapshot.ResourceType,
            State = snapshot.State?.Text,
            Tone = ToneOf(snapshot),
            StateReason = snapshot.Reason,
            ExitCode = snapshot.ExitCode,
            Health = [.. snapshot.HealthReports.Select(report => new HealthView(report.Name, report.Status?.ToString(), Reason(report)))],
            CreatedAt = Utc(snapshot.CreationTimeStamp),
            StartedAt = Utc(snapshot.StartTimeStamp),
            StoppedAt = Utc(snapshot.StopTimeStamp),
            Urls = [.. snapshot.Urls.Select(url => new UrlView(url.Name ?? "", url.Url, url.IsInternal))],
            Source = SourceOf(snapshot.Source),
            Environment = [.. snapshot.EnvironmentVariables.OrderBy(variable => variable.Name, StringComparer.Ordinal).Select(variable => new EnvironmentView(variable.Name, variable.Value, secrets.IsSecret(variable.Name, variable.Value)))],
            Properties = [.. snapshot.Properties.Select(property => new PropertyView(property.Name, Convert.ToString(property.Value, CultureInfo.InvariantCulture), property.IsSensitive))],
            Relationships = RelationshipsOf(state.Resource),
            Commands = [.. state.Resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => (command, State: command.UpdateState(new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = services })))
                .Where(command => command.State != ResourceCommandState.Hidden)
                .Select(command => new CommandView(command.command.Name, command.command.DisplayName, command.State == ResourceCommandState.Enabled, command.command.ConfirmationMessage))],
            Parent = (state.Resource as IResourceWithParent)?.Parent.Name,
            ProcessId = snapshot.ProcessId,
        };
    }

    private static ResourceTone ToneOf(CustomResourceSnapshot snapshot)
    {
        if (snapshot.State?.Style == KnownResourceStateStyles.Error)
            return ResourceTone.Error;
        var state = snapshot.State?.Text;
        if (state == KnownResourceStates.Running)
            return snapshot.HealthStatus switch { null or HealthStatus.Healthy => ResourceTone.Success, HealthStatus.Degraded => ResourceTone.Warning, _ => snapshot.HealthReports.Any(report => report.Status is HealthStatus.Unhealthy) ? ResourceTone.Error : ResourceTone.Progress };
        if (state == KnownResourceStates.Starting || state == KnownResourceStates.Waiting || state == KnownResourceStates.Stopping)
            return ResourceTone.Progress;
        return state == KnownResourceStates.FailedToStart ? ResourceTone.Error : ResourceTone.Neutral;
    }

    private static string? Reason(HealthReportSnapshot report)
    {
        if (report.Status is HealthStatus.Healthy)
            return report.Description;
        var exception = report.ExceptionText?.Split('\n', 2)[0].Trim();
        return string.IsNullOrEmpty(report.Description) ? exception : report.Description;
    }

    private static SourceView? SourceOf(string? source)
    {
        if (string.IsNullOrEmpty(source))
            return null;
        var parts = source.Split(' ', 2);
        return parts.Length == 2 && SourceKinds.Contains(parts[0]) ? new SourceView(parts[0], WithVersionOnce(parts[1])) : new SourceView("", source);
    }

    /// <summary>A server's description often names the version that also follows it.</summary>
    private static string WithVersionOnce(string text)
    {
        var last = text.LastIndexOf(' ');
        return last > 0 && text.IndexOf(text[last..], StringComparison.Ordinal) < last ? text[..last] : text;
    }

    private static RelationshipView[] RelationshipsOf(IResource resource)
    {
        var related = resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(relation => new RelationshipView(relation.Resource.Name, relation.Type))
            .Concat(resource.Annotations.OfType<WaitAnnotation>().Select(wait => new RelationshipView(wait.Resource.Name, "WaitFor")));
        if (resource is IResourceWithParent child)
            related = related.Prepend(new RelationshipView(child.Parent.Name, "Parent"));
        return [.. related.Where(relation => relation.Resource != resource.Name).DistinctBy(relation => (relation.Resource, relation.Type))];
    }

    private static DateTimeOffset? Utc(DateTime? time) => time is { } given ? new DateTimeOffset(DateTime.SpecifyKind(given, DateTimeKind.Utc)) : null;
}
