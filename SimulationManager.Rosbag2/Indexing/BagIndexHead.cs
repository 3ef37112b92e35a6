using System.Text.Json;
using System.Text.Json.Serialization;
using SimulationManager.Rosbag2.Mcap;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Indexing;

/// <summary>What an index says before its messages.</summary>
internal sealed record BagIndexHead
{
    /// <summary>The bag's name, for messages to people.</summary>
    public required string Name { get; init; }

    public required bool MessagesAreCompressed { get; init; }

    /// <summary>Which release recorded the bag; empty if unknown.</summary>
    public required string RosDistro { get; init; }

    public required IReadOnlyList<IndexedTopic> Topics { get; init; }

    public required IReadOnlyList<IndexedDefinition> Definitions { get; init; }

    public required IReadOnlyList<IndexedFile> Files { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BagIndexJson.Default.BagIndexHead);

    /// <exception cref="JsonException">It is not one.</exception>
    public static BagIndexHead Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, BagIndexJson.Default.BagIndexHead) ?? throw new JsonException();

    /// <summary>False if a reader could be led out of a file or into allocating without bounds.</summary>
    public bool IsSound(BagOpenOptions options) =>
        Topics.Count <= BagStorage.MaxTopics && Topics.All(topic => topic is not null) && Topics.DistinctBy(topic => topic.Name).Count() == Topics.Count
        && Definitions.All(definition => definition is not null)
        && Files.Count <= ushort.MaxValue && Files.All(file => file is not null && file.IsSound(options));
}

/// <summary>A topic: what agents and viewers need to know of it.</summary>
internal sealed record IndexedTopic(string Name, bool NameIsUtf8, string Type, string SerializationFormat, string OfferedQosProfiles, string TypeDescriptionHash)
{
    public static IndexedTopic Of(BagTopic topic) =>
        new(topic.Name, topic.NameIsUtf8, topic.Type, topic.SerializationFormat, topic.OfferedQosProfiles, topic.TypeDescriptionHash);

    public BagTopic ToTopic() => new()
    {
        Name = Name,
        NameIsUtf8 = NameIsUtf8,
        Type = Type,
        SerializationFormat = SerializationFormat,
        OfferedQosProfiles = OfferedQosProfiles,
        TypeDescriptionHash = TypeDescriptionHash,
    };
}

/// <summary>The definition of a type, as text.</summary>
internal sealed record IndexedDefinition(string TopicType, string Encoding, string Text, string TypeDescriptionHash)
{
    public static IndexedDefinition Of(MessageDefinition definition) =>
        new(definition.TopicType, definition.Encoding, definition.Text, definition.TypeDescriptionHash);

    public MessageDefinition ToDefinition() => new() { TopicType = TopicType, Encoding = Encoding, Text = Text, TypeDescriptionHash = TypeDescriptionHash };
}

/// <summary>A storage file.</summary>
/// <param name="Name">Path in the bundle.</param>
/// <param name="SizeBytes">Size in the bundle.</param>
/// <param name="IsCompressed">True for a file that is decompressed to read it.</param>
/// <param name="Segments">Where messages lie in an MCAP file that is not compressed; null: the file is read as a whole.</param>
internal sealed record IndexedFile(string Name, long SizeBytes, bool IsCompressed, IReadOnlyList<McapSegment>? Segments)
{
    public bool IsSound(BagOpenOptions options) =>
        SizeBytes >= 0 && (Segments ?? []).All(segment =>
            segment.StoredBytes >= 0 && segment.Bytes >= 0 && segment.Bytes <= options.MaxChunkBytes
            && segment.Position >= 0 && segment.Position <= SizeBytes - segment.StoredBytes);
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BagIndexHead))]
internal sealed partial class BagIndexJson : JsonSerializerContext;
