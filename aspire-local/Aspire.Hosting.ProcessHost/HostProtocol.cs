using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.ProcessHost;

/// <summary>What the AppHost asks of the process host. One JSON object per line on the host's standard input.</summary>
internal enum HostVerb { Launch, Stop, AddContainer, RemoveContainer }

/// <summary>What the process host tells the AppHost. One JSON object per line on the host's standard output.</summary>
internal enum HostEventKind { Ready, Started, Failed, Line, Exited, Stopped }

/// <summary>A request. <see cref="Id"/> is chosen by the AppHost and names the child in all that follows.</summary>
internal sealed record HostCommand
{
    public required HostVerb Verb { get; init; }
    public required int Id { get; init; }
    public LaunchOrder? Launch { get; init; }
    public ContainerRecord? Container { get; init; }
    /// <summary>For <see cref="HostVerb.Stop"/>: how long the child may take before its tree is killed.</summary>
    public int GraceMilliseconds { get; init; }
}

/// <summary>Everything about a child to start. The environment is complete: nothing is inherited.</summary>
internal sealed record LaunchOrder
{
    public required string Name { get; init; }
    public required string FileName { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public required string WorkingDirectory { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>The account to run as, or null for the host's own.</summary>
    public string? UserName { get; init; }
    public bool StopWithInterrupt { get; init; }
    /// <summary>Written to the child's standard input, which is then closed. The way to hand over a secret unseen.</summary>
    public string? StandardInput { get; init; }
}

/// <summary>Something that happened to a child.</summary>
internal sealed record HostEvent
{
    public required HostEventKind Kind { get; init; }
    public int Id { get; init; }
    public int ProcessId { get; init; }
    public int ExitCode { get; init; }
    public bool IsError { get; init; }
    public DateTimeOffset Time { get; init; }
    public string? Text { get; init; }
}

/// <summary>A container that belongs to the session, and the program that controls it.</summary>
internal sealed record ContainerRecord(string Runtime, string Name, bool IsPersistent);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HostCommand))]
[JsonSerializable(typeof(HostEvent))]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class HostJson : JsonSerializerContext
{
    public static string Write(HostCommand command) => JsonSerializer.Serialize(command, Default.HostCommand);
    public static string Write(HostEvent happened) => JsonSerializer.Serialize(happened, Default.HostEvent);
}
