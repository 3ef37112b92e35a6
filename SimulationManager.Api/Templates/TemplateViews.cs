using System.Text.Json;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Shapes templates as the contract has them.</summary>
public sealed class TemplateViews(BundleStore store)
{
    private const double NanosecondsPerSecond = 1e9;

    public async Task<TemplateView> OfAsync(Template template)
    {
        var metadata = template.Files.Single(file => file.Kind == TemplateFileKind.Metadata);
        List<FileLink> bags = [];
        foreach (var file in template.Files.Where(file => file.Kind == TemplateFileKind.Bag)) bags.Add(await LinkAsync(file));
        return new TemplateView
        {
            TemplateId = template.Id,
            TemplateName = template.Name,
            TemplateType = template.Type,
            TemplateDescription = template.Description,
            Topics = string.Join(',', template.Topics),
            CreatedAt = template.CreatedAt,
            MetadataFile = await LinkAsync(metadata),
            DbFile = bags[0],
            DbFiles = bags,
        };
    }

    public static BagView BagOf(Template template, TemplateBag bag) => new()
    {
        TemplateId = template.Id,
        DurationNanoseconds = bag.DurationNanoseconds,
        Duration = bag.DurationNanoseconds / NanosecondsPerSecond,
        StartNanoseconds = bag.StartNanoseconds,
        StartTime = bag.StartNanoseconds is { } start ? UnixTime.FromUnixNanoseconds(start) : null,
        MessageCount = bag.MessageCount,
        Size = bag.SizeBytes,
        StorageIdentifier = bag.StorageIdentifier,
        StorageSchemaVersion = bag.StorageSchemaVersion,
        MetadataVersion = bag.MetadataVersion,
        RosDistro = bag.RosDistro,
        Compression = bag.Compression,
        Topics = [.. bag.Topics.Select(topic => TopicOf(topic, template))],
        Files = [.. bag.Files.Select(file => new BagFileView(file.Name, file.SizeBytes, file.MessageCount))],
        Warnings = bag.Warnings,
    };

    private static BagTopicView TopicOf(TemplateBagTopic topic, Template template)
    {
        var role = BagTopicRole.Of(topic.Name, topic.Type);
        return new BagTopicView(
            topic.Name, topic.Type, topic.MessageCount, topic.RateHz is { } rate ? Math.Round(rate, 3) : null, topic.SizeBytes, template.Topics.Contains(topic.Name),
            JsonNamingPolicy.CamelCase.ConvertName(role.Kind.ToString()), OrNull(role.Name), OrNull(role.Type), OrNull(role.Part));
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private async Task<FileLink> LinkAsync(TemplateFile file) => new(file.FileName, await store.PresignDownloadAsync(file.ObjectKey, file.FileName));
}
