using SimulationManager.Rosbag2.Metadata;

namespace SimulationManager.Rosbag2;

/// <summary>Writes <c>metadata.yaml</c> in the current version (<see cref="BagMetadata.CurrentVersion"/>), byte for byte the same for the same metadata.</summary>
public static class BagMetadataWriter
{
    /// <summary>The text of a metadata.yaml.</summary>
    /// <param name="metadata">What to write; its <see cref="BagMetadata.Version"/> is ignored.</param>
    public static string Write(BagMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return YamlWriter.Document(yaml =>
            yaml.Mapping(() => yaml.Mapping("rosbag2_bagfile_information", () => WriteBody(yaml, metadata))));
    }

    /// <summary>The text that rosbag2 keeps in the <c>metadata</c> table of a database: the same, without the outer key.</summary>
    internal static string WriteEmbedded(BagMetadata metadata) =>
        YamlWriter.Document(yaml => yaml.Mapping(() => WriteBody(yaml, metadata)));

    private static void WriteBody(YamlWriter yaml, BagMetadata metadata)
    {
        yaml.Field("version", BagMetadata.CurrentVersion);
        yaml.Field("storage_identifier", metadata.StorageIdentifier);
        WriteTimes(yaml, metadata.DurationNs, metadata.StartingTimeNs);
        yaml.Field("message_count", metadata.MessageCount);
        yaml.List("topics_with_message_count", metadata.Topics, topic => WriteTopic(yaml, topic));
        yaml.Field("compression_format", metadata.CompressionFormat);
        yaml.Field("compression_mode", ModeName(metadata.Compression));
        yaml.List("relative_file_paths", metadata.RelativeFilePaths, yaml.Text);
        yaml.List("files", metadata.Files, file => WriteFile(yaml, file));
        WriteCustomData(yaml, metadata.CustomData);
        yaml.Field("ros_distro", metadata.RosDistro);
    }

    private static void WriteTimes(YamlWriter yaml, long durationNs, long startingTimeNs)
    {
        yaml.Mapping("duration", () => yaml.Field("nanoseconds", durationNs));
        yaml.Mapping("starting_time", () => yaml.Field("nanoseconds_since_epoch", startingTimeNs));
    }

    private static void WriteTopic(YamlWriter yaml, BagTopicCount entry) => yaml.Mapping(() =>
    {
        yaml.Mapping("topic_metadata", () =>
        {
            yaml.Field("name", entry.Topic.Name);
            yaml.Field("type", entry.Topic.Type);
            yaml.Field("serialization_format", entry.Topic.SerializationFormat);
            // Profiles that cannot be read stay in the database as they are; version 9 metadata has no way to carry them.
            yaml.List("offered_qos_profiles", QosProfile.TryParseList(entry.Topic.OfferedQosProfiles) ?? [],
                profile => QosYaml.WriteProfile(yaml, profile));
            yaml.Field("type_description_hash", entry.Topic.TypeDescriptionHash);
        });
        yaml.Field("message_count", entry.MessageCount);
    });

    private static void WriteFile(YamlWriter yaml, BagFileInformation file) => yaml.Mapping(() =>
    {
        yaml.Field("path", file.Path);
        yaml.Mapping("starting_time", () => yaml.Field("nanoseconds_since_epoch", file.StartingTimeNs));
        yaml.Mapping("duration", () => yaml.Field("nanoseconds", file.DurationNs));
        yaml.Field("message_count", file.MessageCount);
    });

    private static void WriteCustomData(YamlWriter yaml, IReadOnlyDictionary<string, string> customData)
    {
        if (customData.Count == 0)
        {
            yaml.NullField("custom_data");
            return;
        }

        yaml.Mapping("custom_data", () =>
        {
            foreach (var (key, value) in customData.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                yaml.Field(key, value);
        });
    }

    private static string ModeName(BagCompression compression) => compression switch
    {
        BagCompression.File => "FILE",
        BagCompression.Message => "MESSAGE",
        _ => "",
    };
}
