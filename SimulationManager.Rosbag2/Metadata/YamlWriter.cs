using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SimulationManager.Rosbag2.Metadata;

/// <summary>Writes block-style YAML as yaml-cpp lays it out, with the same bytes on every machine.</summary>
internal sealed class YamlWriter
{
    private readonly Emitter _emitter;

    private YamlWriter(TextWriter output) =>
        _emitter = new Emitter(output, new EmitterSettings(
            bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, indentSequences: true));

    /// <summary>Writes one document whose root <paramref name="root"/> writes.</summary>
    public static string Document(Action<YamlWriter> root)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var writer = new YamlWriter(text);
        writer._emitter.Emit(new StreamStart());
        writer._emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        root(writer);
        writer._emitter.Emit(new DocumentEnd(isImplicit: true));
        writer._emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    public void Mapping(Action content)
    {
        _emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
        content();
        _emitter.Emit(new MappingEnd());
    }

    public void Mapping(string key, Action content)
    {
        Text(key);
        Mapping(content);
    }

    public void List<T>(string key, IReadOnlyList<T> items, Action<T> item)
    {
        Text(key);
        List(items, item);
    }

    public void List<T>(IReadOnlyList<T> items, Action<T> item)
    {
        var style = items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block;
        _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, style));
        foreach (var value in items)
            item(value);
        _emitter.Emit(new SequenceEnd());
    }

    /// <summary>Writes a value that was read, with the same meaning.</summary>
    public void Value(YamlValue value)
    {
        switch (value)
        {
            case YamlText { Quoted: false } text:
                Emit(text.Value, ScalarStyle.Plain);
                break;
            case YamlText text:
                Emit(text.Value, ScalarStyle.DoubleQuoted);
                break;
            case YamlList list:
                List(list.Items, Value);
                break;
            case YamlMap map:
                Mapping(() =>
                {
                    foreach (var (key, entry) in map.Entries)
                    {
                        Text(key);
                        Value(entry);
                    }
                });
                break;
        }
    }

    public void Field(string key, string value)
    {
        Text(key);
        Text(value);
    }

    public void Field(string key, long value) => Bare(key, value.ToString(CultureInfo.InvariantCulture));

    public void Field(string key, ulong value) => Bare(key, value.ToString(CultureInfo.InvariantCulture));

    public void Field(string key, bool value) => Bare(key, value ? "true" : "false");

    public void NullField(string key) => Bare(key, "~");

    /// <summary>Plain where no YAML reader could take the text for a number, a truth value or null; else double-quoted.</summary>
    public void Text(string value) => Emit(value, IsPlain(value) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted);

    private void Bare(string key, string value)
    {
        Text(key);
        Emit(value, ScalarStyle.Plain);
    }

    private void Emit(string value, ScalarStyle style) =>
        _emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, value, style, isPlainImplicit: true, isQuotedImplicit: true));

    private static bool IsPlain(string value) =>
        value.Length > 0
        && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '_')
        && value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '.' or '-')
        && value.ToUpperInvariant() is not ("TRUE" or "FALSE" or "NULL" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N");
}
