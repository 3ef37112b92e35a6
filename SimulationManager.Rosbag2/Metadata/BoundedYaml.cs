using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SimulationManager.Rosbag2.Metadata;

/// <summary>A YAML value: scalar text, sequence or mapping.</summary>
internal abstract record YamlValue(int Line);

internal sealed record YamlText(string Value, bool Quoted, int Line) : YamlValue(Line)
{
    public bool IsNull => !Quoted && Value is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record YamlList(IReadOnlyList<YamlValue> Items, int Line) : YamlValue(Line);

internal sealed record YamlMap(IReadOnlyDictionary<string, YamlValue> Entries, int Line) : YamlValue(Line);

/// <summary>
/// Reads YAML from strangers into a small tree. Anchors and aliases are refused (rosbag2 writes none, and they are what
/// makes a small file expand without bound), and size and depth are limited.
/// </summary>
internal static class BoundedYaml
{
    public const int MaxCharacters = 16 * 1024 * 1024;
    private const int MaxDepth = 32;

    /// <exception cref="BagFormatException">Not YAML, or beyond a limit.</exception>
    public static YamlValue Parse(string text, string source)
    {
        if (text.Length > MaxCharacters)
            throw Unreadable(source, $"is larger than {MaxCharacters / (1024 * 1024)} MiB");
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                throw Unreadable(source, "is empty");
            parser.Consume<DocumentStart>();
            var root = ReadValue(parser, source, depth: 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw Unreadable(source, "holds more than one YAML document");
            return root;
        }
        catch (YamlException error)
        {
            throw new BagFormatException(BagError.MetadataUnreadable,
                $"{source} is not valid YAML (line {error.Start.Line}, column {error.Start.Column}). Send the metadata.yaml that rosbag2 wrote, or none to have it rebuilt from the storage files.",
                source, error);
        }
    }

    private static YamlValue ReadValue(Parser parser, string source, int depth)
    {
        if (depth > MaxDepth)
            throw Unreadable(source, $"is nested deeper than {MaxDepth} levels");
        if (parser.Current is AnchorAlias)
            throw Unreadable(source, "uses YAML aliases, which rosbag2 does not write");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw Unreadable(source, "uses YAML anchors, which rosbag2 does not write");

        var line = (int)(parser.Current?.Start.Line ?? 0);
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlText(scalar.Value, scalar.Style is not ScalarStyle.Plain and not ScalarStyle.Any, line);
        if (parser.TryConsume<SequenceStart>(out _))
            return ReadList(parser, source, depth, line);
        parser.Consume<MappingStart>();
        return ReadMap(parser, source, depth, line);
    }

    private static YamlList ReadList(Parser parser, string source, int depth, int line)
    {
        var items = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(ReadValue(parser, source, depth + 1));
        return new YamlList(items, line);
    }

    private static YamlMap ReadMap(Parser parser, string source, int depth, int line)
    {
        var entries = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadValue(parser, source, depth + 1) is not YamlText key)
                throw Unreadable(source, $"has a mapping key that is not text (line {parser.Current?.Start.Line})");
            if (!entries.TryAdd(key.Value, ReadValue(parser, source, depth + 1)))
                throw Unreadable(source, $"has the key '{key.Value}' twice (line {key.Line})");
        }

        return new YamlMap(entries, line);
    }

    private static BagFormatException Unreadable(string source, string problem) =>
        new(BagError.MetadataUnreadable,
            $"{source} {problem}. Send the metadata.yaml that rosbag2 wrote, or none to have it rebuilt from the storage files.",
            source);
}
