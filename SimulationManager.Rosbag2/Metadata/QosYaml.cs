using System.Text;

namespace SimulationManager.Rosbag2.Metadata;

/// <summary>Quality of service profiles as YAML: policies as numbers up to metadata version 8, as names from 9.</summary>
internal static class QosYaml
{
    private const string Source = "offered_qos_profiles";

    public static IReadOnlyList<QosProfile> Read(YamlValue value) => value switch
    {
        YamlList list => [.. list.Items.Select(ReadProfile)],
        YamlText { IsNull: true } => [],
        _ => throw YamlFields.Invalid(Source, value.Line, "the profiles must be a list"),
    };

    public static string Write(IReadOnlyList<QosProfile> profiles) => profiles.Count == 0
        ? ""
        : YamlWriter.Document(yaml => yaml.List(profiles, profile => WriteProfile(yaml, profile))).TrimEnd('\n');

    public static void WriteProfile(YamlWriter yaml, QosProfile profile) => yaml.Mapping(() =>
    {
        yaml.Field("history", Name(profile.History));
        yaml.Field("depth", profile.Depth);
        yaml.Field("reliability", Name(profile.Reliability));
        yaml.Field("durability", Name(profile.Durability));
        WriteDuration(yaml, "deadline", profile.Deadline);
        WriteDuration(yaml, "lifespan", profile.Lifespan);
        yaml.Field("liveliness", Name(profile.Liveliness));
        WriteDuration(yaml, "liveliness_lease_duration", profile.LivelinessLeaseDuration);
        yaml.Field("avoid_ros_namespace_conventions", profile.AvoidRosNamespaceConventions);
    });

    private static void WriteDuration(YamlWriter yaml, string key, QosDuration value) => yaml.Mapping(key, () =>
    {
        yaml.Field("sec", value.Sec);
        yaml.Field("nsec", value.Nsec);
    });

    private static QosProfile ReadProfile(YamlValue value)
    {
        var fields = YamlFields.Of(value, Source, "a profile");
        return new QosProfile
        {
            History = Policy<QosHistory>(fields, "history"),
            Depth = fields.UnsignedSaturated("depth"),
            Reliability = Policy<QosReliability>(fields, "reliability"),
            Durability = Policy<QosDurability>(fields, "durability"),
            Deadline = ReadDuration(fields.Mapping("deadline")),
            Lifespan = ReadDuration(fields.Mapping("lifespan")),
            Liveliness = Policy<QosLiveliness>(fields, "liveliness"),
            LivelinessLeaseDuration = ReadDuration(fields.Mapping("liveliness_lease_duration")),
            AvoidRosNamespaceConventions = fields.TextOrEmpty("avoid_ros_namespace_conventions") is "true" or "True" or "1",
        };
    }

    private static T Policy<T>(YamlFields fields, string name)
        where T : struct, Enum
    {
        var text = fields.Text(name).Replace("_", "", StringComparison.Ordinal);
        return Enum.TryParse<T>(text, ignoreCase: true, out var policy) && Enum.IsDefined(policy)
            ? policy
            : throw fields.Invalid(name, $"has the unknown value '{YamlFields.Shorten(text)}'");
    }

    private static QosDuration ReadDuration(YamlFields fields) =>
        new((ulong)Math.Max(0, fields.UnsignedSaturated("sec")), (ulong)Math.Max(0, fields.UnsignedSaturated("nsec")));

    /// <summary><c>KeepLast</c> → <c>keep_last</c>.</summary>
    private static string Name<T>(T policy)
        where T : struct, Enum
    {
        var name = new StringBuilder();
        foreach (var letter in policy.ToString())
            name.Append(char.IsUpper(letter) && name.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(letter));
        return name.ToString();
    }
}
