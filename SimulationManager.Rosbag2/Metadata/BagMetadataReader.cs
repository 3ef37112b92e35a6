using System.Text;
using SimulationManager.Rosbag2.Metadata;

namespace SimulationManager.Rosbag2;

/// <summary>
/// Reads <c>metadata.yaml</c>, versions 1 to 9. Differences between versions, as rosbag2's own reader has them: compression
/// from 3, quality of service from 4 (a string of YAML; a list from 9), file details from 5, custom data from 6, type hash
/// from 7, ROS distribution from 8. A field is read wherever it is present, since tools backport them.
/// </summary>
public static class BagMetadataReader
{
    /// <summary>File name of the metadata in a bundle.</summary>
    public const string FileName = "metadata.yaml";

    private const string RootKey = "rosbag2_bagfile_information";

    /// <summary>Reads a metadata file.</summary>
    /// <param name="path">Path of metadata.yaml, at most 16 MiB.</param>
    /// <exception cref="BagFormatException">Missing, too large, not YAML, or not rosbag2 metadata.</exception>
    public static BagMetadata ReadFile(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new BagFormatException(BagError.NotFound, $"There is no metadata file '{path}'.", path);
        if (file.Length > BoundedYaml.MaxCharacters)
        {
            throw new BagFormatException(BagError.MetadataUnreadable,
                $"{file.Name} is {file.Length} bytes; rosbag2 metadata stays far below {BoundedYaml.MaxCharacters} bytes. Send the metadata.yaml that rosbag2 wrote.",
                file.Name);
        }

        return Parse(File.ReadAllText(path, Encoding.UTF8), file.Name);
    }

    /// <summary>Reads metadata text, with or without the <c>rosbag2_bagfile_information</c> key around it.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">A name for error messages.</param>
    /// <exception cref="BagFormatException">Not YAML, not rosbag2 metadata, an unknown version, or an unsafe path.</exception>
    public static BagMetadata Parse(string yaml, string source = FileName)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var root = YamlFields.Of(BoundedYaml.Parse(yaml, source), source, "the document");
        // The sqlite storage keeps a copy in its `metadata` table without the outer key.
        var fields = root.Has(RootKey) || !root.Has("storage_identifier") ? root.Mapping(RootKey) : root;

        var version = fields.Int64("version");
        if (version is < 1 or > BagMetadata.CurrentVersion)
        {
            throw new BagFormatException(BagError.MetadataVersionUnsupported,
                $"{source} has metadata version {version}; versions 1 to {BagMetadata.CurrentVersion} can be read. Rewrite the bag with 'ros2 bag convert', or leave {FileName} out to have it rebuilt from the storage files.",
                source);
        }

        var files = fields.Has("files") ? fields.List("files") : [];
        return new BagMetadata
        {
            Version = (int)version,
            StorageIdentifier = ReadStorage(fields),
            DurationNs = fields.Mapping("duration").UnsignedSaturated("nanoseconds"),
            StartingTimeNs = fields.Mapping("starting_time").UnsignedSaturated("nanoseconds_since_epoch"),
            MessageCount = fields.Count("message_count"),
            Topics = [.. fields.List("topics_with_message_count").Select(topic => ReadTopic(topic, source))],
            CompressionFormat = fields.TextOrEmpty("compression_format").ToLowerInvariant(),
            Compression = ReadCompression(fields),
            RelativeFilePaths = [.. fields.List("relative_file_paths").Select(path => ReadPath(path, source))],
            Files = [.. files.Select(file => ReadFileInformation(file, source))],
            CustomData = fields.Has("custom_data") ? ReadCustomData(fields, source) : new Dictionary<string, string>(),
            RosDistro = fields.TextOrEmpty("ros_distro"),
        };
    }

    /// <summary>Empty where the file leaves it so, as <c>ros2 bag reindex</c> of Humble does: the files say what they are.</summary>
    private static string ReadStorage(YamlFields fields) =>
        fields.Required("storage_identifier") is YamlText { IsNull: true } ? "" : fields.Text("storage_identifier");

    private static BagTopicCount ReadTopic(YamlValue value, string source)
    {
        var entry = YamlFields.Of(value, source, "an entry of 'topics_with_message_count'");
        var topic = entry.Mapping("topic_metadata");
        return new BagTopicCount(
            new BagTopic
            {
                Name = topic.Text("name"),
                Type = topic.Text("type"),
                SerializationFormat = topic.Has("serialization_format") ? topic.Text("serialization_format") : "cdr",
                OfferedQosProfiles = ReadQos(topic),
                TypeDescriptionHash = topic.TextOrEmpty("type_description_hash"),
            },
            entry.Count("message_count"));
    }

    private static string ReadQos(YamlFields topic)
    {
        if (!topic.Has("offered_qos_profiles"))
            return "";
        return topic.Required("offered_qos_profiles") is YamlText ? topic.Text("offered_qos_profiles") : TextOfQos(topic.Required("offered_qos_profiles"));
    }

    /// <summary>Profiles that cannot be read, such as overrides that name some policies only, are kept as they are: nothing else depends on them.</summary>
    private static string TextOfQos(YamlValue profiles)
    {
        try
        {
            return QosYaml.Write(QosYaml.Read(profiles));
        }
        catch (BagFormatException)
        {
            return YamlWriter.Document(yaml => yaml.Value(profiles)).TrimEnd('\n');
        }
    }

    private static BagCompression ReadCompression(YamlFields fields) =>
        fields.TextOrEmpty("compression_mode").ToUpperInvariant() switch
        {
            "" or "NONE" => BagCompression.None,
            "FILE" => BagCompression.File,
            "MESSAGE" => BagCompression.Message,
            var other => throw new BagFormatException(BagError.CompressionUnsupported,
                $"The compression mode '{YamlFields.Shorten(other)}' is not one of NONE, FILE and MESSAGE. Rewrite the bag with 'ros2 bag convert'."),
        };

    private static BagFileInformation ReadFileInformation(YamlValue value, string source)
    {
        var file = YamlFields.Of(value, source, "an entry of 'files'");
        return new BagFileInformation
        {
            Path = ReadPath(file.Required("path"), source),
            StartingTimeNs = file.Mapping("starting_time").UnsignedSaturated("nanoseconds_since_epoch"),
            DurationNs = file.Mapping("duration").UnsignedSaturated("nanoseconds"),
            MessageCount = file.Count("message_count"),
        };
    }

    private static string ReadPath(YamlValue value, string source)
    {
        if (value is not YamlText text)
            throw YamlFields.Invalid(source, value.Line, "a file path must be text");
        BundlePath.Check(text.Value, source);
        return text.Value;
    }

    private static Dictionary<string, string> ReadCustomData(YamlFields fields, string source)
    {
        if (fields.Required("custom_data") is not YamlMap map)
            throw fields.Invalid("custom_data", "must be a mapping");
        return map.Entries.ToDictionary(
            entry => entry.Key,
            entry => entry.Key.Contains('\0', StringComparison.Ordinal)
                ? throw fields.Invalid("custom_data", "has a key with a NUL character in it")
                : YamlFields.TextOf(entry.Value, source, $"the custom data '{YamlFields.Shorten(entry.Key)}'"));
    }
}
