using System.Globalization;

namespace SimulationManager.Rosbag2.Metadata;

/// <summary>Typed access to the fields of a YAML mapping, with errors that name the field and the line.</summary>
internal readonly struct YamlFields(YamlMap map, string source)
{
    public static YamlFields Of(YamlValue value, string source, string what) =>
        value is YamlMap map ? new(map, source) : throw Invalid(source, value.Line, $"{what} must be a mapping");

    public bool Has(string name) => map.Entries.TryGetValue(name, out var value) && value is not YamlText { IsNull: true };

    public YamlValue Required(string name) =>
        map.Entries.TryGetValue(name, out var value)
            ? value
            : throw Invalid(source, map.Line, $"'{name}' is missing");

    public YamlFields Mapping(string name) => Of(Required(name), source, $"'{name}'");

    public IReadOnlyList<YamlValue> List(string name) => Required(name) switch
    {
        YamlList list => list.Items,
        YamlText { IsNull: true } => [],
        var other => throw Invalid(source, other.Line, $"'{name}' must be a list"),
    };

    public string Text(string name) => TextOf(Required(name), source, $"'{name}'");

    /// <exception cref="BagFormatException">It is no text, or there is a NUL in it, which no text of a bag has and databases refuse.</exception>
    public static string TextOf(YamlValue value, string source, string what) => value is not YamlText text
        ? throw Invalid(source, value.Line, $"{what} must be text")
        : text.Value.Contains('\0', StringComparison.Ordinal) ? throw Invalid(source, value.Line, $"{what} has a NUL character in it") : text.Value;

    public string TextOrEmpty(string name) => Has(name) ? Text(name) : "";

    public long Int64(string name)
    {
        var text = Text(name);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Invalid(source, Required(name).Line, $"'{name}' must be a whole number, not '{Shorten(text)}'");
    }

    public long Count(string name)
    {
        var value = Int64(name);
        return value >= 0 ? value : throw Invalid(source, Required(name).Line, $"'{name}' must not be negative");
    }

    /// <summary>Reads a number that rosbag2 wrote as unsigned 64 bit, saturated to the signed range.</summary>
    public long UnsignedSaturated(string name)
    {
        var text = Text(name);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (long)Math.Min(value, long.MaxValue)
            : Int64(name);
    }

    public BagFormatException Invalid(string name, string problem) =>
        Invalid(source, map.Entries.TryGetValue(name, out var value) ? value.Line : map.Line, $"'{name}' {problem}");

    public static BagFormatException Invalid(string source, int line, string problem) =>
        new(BagError.MetadataUnreadable,
            $"{source} is not rosbag2 metadata (line {line}): {problem}. Send the metadata.yaml that rosbag2 wrote, or none to have it rebuilt from the storage files.",
            source);

    public static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");
}
