using System.ComponentModel;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Templates;

/// <summary>A robot behaviour: one bag and the topics of it that agents play.</summary>
public sealed record TemplateView
{
    public required long TemplateId { get; init; }
    public required string TemplateName { get; init; }
    public required string TemplateType { get; init; }
    public required string TemplateDescription { get; init; }

    [Description("Comma-separated, no blanks around the commas.")]
    public required string Topics { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required FileLink MetadataFile { get; init; }

    [Description("The first storage file.")]
    public required FileLink DbFile { get; init; }

    [Description("All storage files of a split bag, in recording order.")]
    public required IReadOnlyList<FileLink> DbFiles { get; init; }
}

/// <summary>A file that a browser can download with no header for at least an hour.</summary>
public sealed record FileLink(string FileName, string DownloadUrl);

/// <summary>One template.</summary>
public sealed record TemplateDetail(TemplateView Template);

/// <summary>The template that was deleted.</summary>
public sealed record TemplateDeleted(long TemplateId);

/// <summary>What is in a template's bag, as <c>ros2 bag info</c> tells it.</summary>
public sealed record BagView
{
    public required long TemplateId { get; init; }

    [Description("From the first to the last message, in nanoseconds.")]
    public required long DurationNanoseconds { get; init; }

    [Description("The same in seconds.")]
    public required double Duration { get; init; }

    [Description("The first message, nanoseconds since the Unix epoch; absent when the bag is empty.")]
    public long? StartNanoseconds { get; init; }

    public DateTimeOffset? StartTime { get; init; }
    public required long MessageCount { get; init; }

    [Description("Bytes of all storage files.")]
    public required long Size { get; init; }

    public required string StorageIdentifier { get; init; }
    public required int StorageSchemaVersion { get; init; }

    [Description("Absent when the bag was sent without metadata.")]
    public int? MetadataVersion { get; init; }

    public required string RosDistro { get; init; }

    [Description("`none`, `file` or `message`.")]
    public required string Compression { get; init; }

    public required IReadOnlyList<BagTopicView> Topics { get; init; }
    public required IReadOnlyList<BagFileView> Files { get; init; }

    [Description("Where the metadata disagrees with the files, and what else is untidy.")]
    public required IReadOnlyList<TemplateBagWarning> Warnings { get; init; }
}

/// <summary>One topic of a bag.</summary>
/// <param name="Name">As recorded.</param>
/// <param name="Type">Message type.</param>
/// <param name="MessageCount">Messages in all files.</param>
/// <param name="Rate">Messages per second; absent with fewer than two.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Selected">Whether the template's agents play it.</param>
/// <param name="Kind"><c>message</c>, <c>serviceEvent</c> (requests and responses of a service) or <c>action</c> (a part of an action).</param>
/// <param name="InterfaceName">The service or action that it belongs to; absent for messages.</param>
/// <param name="InterfaceType">Type of that service or action; absent for messages, and where the topic's type does not tell it.</param>
/// <param name="ActionPart"><c>send_goal</c>, <c>cancel_goal</c>, <c>get_result</c>, <c>feedback</c> or <c>status</c>; absent unless it is of an action.</param>
public sealed record BagTopicView(
    string Name, string Type, long MessageCount, double? Rate, long Size, bool Selected, string Kind, string? InterfaceName, string? InterfaceType, string? ActionPart);

/// <summary>One storage file of a bag.</summary>
public sealed record BagFileView(string FileName, long Size, long MessageCount);
