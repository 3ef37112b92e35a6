using System.Text.Json.Serialization;

namespace Aspire.Hosting.Dashboard;

// What the AppHost tells the dashboard and what the dashboard asks of it: server-sent events and JSON over loopback HTTP.
// Both projects compile this file, so neither needs the other's assembly.

/// <summary>A resource as it is now.</summary>
internal sealed record ResourceView
{
    /// <summary>Unique in the application; a replica has its own.</summary>
    public required string Name { get; init; }
    /// <summary>The name in the graph, which replicas share.</summary>
    public required string DisplayName { get; init; }
    /// <summary>Project, Executable, Container, PostgresServerResource, …</summary>
    public required string Type { get; init; }
    /// <summary>Starting, Running, Exited, FailedToStart, …; null before anything is known.</summary>
    public string? State { get; init; }
    public ResourceTone Tone { get; init; }
    /// <summary>Why the resource is in this state, for a person.</summary>
    public string? StateReason { get; init; }
    public int? ExitCode { get; init; }
    public HealthView[] Health { get; init; } = [];
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
    public UrlView[] Urls { get; init; } = [];
    public SourceView? Source { get; init; }
    public EnvironmentView[] Environment { get; init; } = [];
    public PropertyView[] Properties { get; init; } = [];
    public RelationshipView[] Relationships { get; init; } = [];
    public CommandView[] Commands { get; init; } = [];
    public string? Parent { get; init; }
    public int? ProcessId { get; init; }
    public bool IsHidden { get; init; }
}

/// <summary>How a state is meant: colours and icons follow it, not the state's text.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResourceTone>))]
internal enum ResourceTone { Neutral, Progress, Success, Warning, Error }

/// <summary>One health check; <see cref="Status"/> is Healthy, Degraded, Unhealthy, or null while it has not run.</summary>
internal sealed record HealthView(string Name, string? Status, string? Reason);

internal sealed record UrlView(string Name, string Url, bool IsInternal);

/// <summary>
/// What realises a resource. <see cref="Kind"/>: container, native or package for a backing server, empty for a project or
/// an executable. <see cref="Description"/> holds name and version.
/// </summary>
internal sealed record SourceView(string Kind, string Description);

internal sealed record EnvironmentView(string Name, string? Value, bool IsSecret);

internal sealed record PropertyView(string Name, string? Value, bool IsSecret);

/// <summary><see cref="Type"/> is Reference, WaitFor or Parent.</summary>
internal sealed record RelationshipView(string Resource, string Type);

internal sealed record CommandView(string Name, string DisplayName, bool IsEnabled, string? Confirmation);

/// <summary>A change: the new state of a resource, or the name of one that is gone.</summary>
internal sealed record ResourceChange(ResourceView? Upsert, string? Removed);

/// <summary>Processor use in percent of one core, memory in bytes, of a resource's process and its descendants.</summary>
internal sealed record UsageView(string Name, DateTimeOffset Time, double CpuPercent, long MemoryBytes);

internal sealed record ConsoleLine(long Number, DateTimeOffset Time, bool IsError, string Text);

internal sealed record CommandOutcome(bool Success, string? Error);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ResourceView[]))]
[JsonSerializable(typeof(ResourceChange))]
[JsonSerializable(typeof(UsageView[]))]
[JsonSerializable(typeof(ConsoleLine[]))]
[JsonSerializable(typeof(CommandOutcome))]
internal sealed partial class ResourceContractJson : JsonSerializerContext;

internal static class ResourceContract
{
    public const string ApiKeyHeader = "x-resource-service-api-key";
    public const string EventsPath = "/v1/events";
    public const string ChangeEvent = "change";
    public const string UsageEvent = "usage";
    public const string ReadyEvent = "ready";
    public const string LinesEvent = "lines";

    public static string ConsolePath(string resource) => $"/v1/resources/{Uri.EscapeDataString(resource)}/console";

    public static string CommandPath(string resource, string command) =>
        $"/v1/resources/{Uri.EscapeDataString(resource)}/commands/{Uri.EscapeDataString(command)}";
}
