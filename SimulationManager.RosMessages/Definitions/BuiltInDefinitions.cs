using System.Collections.Frozen;
using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>
/// Definitions of the common packages, for bags that carry none (those before Iron). The table <c>BuiltInDefinitions.txt</c> holds
/// names and types only. A heading <c>[type &lt; release]</c> begins the form that a type had before that release.
/// </summary>
public static class BuiltInDefinitions
{
    private const RosDistro After = RosDistro.Kilted + 1;

    private static readonly Lazy<FrozenDictionary<string, Variant[]>> s_table = new(ReadTable);

    /// <summary>Names of all types in the table (<c>package/msg/Type</c>), services and actions included.</summary>
    public static IReadOnlyCollection<string> Names => s_table.Value.Keys;

    /// <summary>The schema of a built-in type, or null.</summary>
    /// <param name="type"><c>package/msg/Type</c> or <c>package/Type</c>; types generated from services and actions as well.</param>
    /// <param name="distro">The release that the bag was recorded with; see <see cref="RosDistros.Parse"/>.</param>
    /// <exception cref="RosMessageException"><paramref name="type"/> is no name of a type.</exception>
    public static MessageSchema? Find(string type, RosDistro distro)
    {
        ArgumentNullException.ThrowIfNull(type);
        var name = TypeName.Normalize(type);
        return Load(name, distro) is null ? null : MessageSchema.Resolve(name, new Dictionary<string, MessageType>(StringComparer.Ordinal), distro);
    }

    /// <summary>
    /// The definition of a built-in type with those of the types that it uses appended, as newer bags carry it (encoding
    /// <c>ros2msg</c>), or null.
    /// </summary>
    /// <param name="type"><c>package/msg/Type</c> or <c>package/Type</c>; types generated from services and actions as well.</param>
    /// <param name="distro">The release that the bag was recorded with.</param>
    public static string? FindText(string type, RosDistro distro)
    {
        if (Find(type, distro) is not { } schema)
            return null;
        var sections = schema.Types.Select(used => TypeName.InterfaceOf(used.Name)).Distinct().ToArray();
        var text = new StringBuilder();
        foreach (var name in sections)
        {
            var keyword = name.Split('/')[1].ToUpperInvariant();
            if (text.Length > 0 || keyword != "MSG")
                text.Append(text.Length > 0 ? "\n" : "").Append('=', 80).Append('\n').Append(keyword).Append(": ")
                    .Append(keyword == "MSG" ? name.Replace("/msg/", "/", StringComparison.Ordinal) : name).Append('\n');
            text.Append(Section(name, distro));
        }

        return text.ToString();
    }

    /// <summary>One built-in type, not yet resolved, or null.</summary>
    internal static MessageType? Load(string name, RosDistro distro)
    {
        var section = TypeName.InterfaceOf(name);
        if (Section(section, distro) is not { } body)
            return null;
        var language = section.Split('/')[1] switch { "srv" => DefinitionLanguage.Srv, "action" => DefinitionLanguage.Action, _ => DefinitionLanguage.Msg };
        var types = MsgParser.Parse(new DefinitionSection(section, language, body)).ToDictionary(type => type.Name, StringComparer.Ordinal);
        GeneratedTypes.AddTo(types);
        return types.GetValueOrDefault(name);
    }

    private static string? Section(string name, RosDistro distro) =>
        s_table.Value.TryGetValue(name, out var variants) ? Array.Find(variants, variant => distro < variant.Before)?.Body : null;

    private static FrozenDictionary<string, Variant[]> ReadTable()
    {
        using var stream = typeof(BuiltInDefinitions).Assembly.GetManifestResourceStream("BuiltInDefinitions.txt")!;
        using var reader = new StreamReader(stream);
        var variants = new List<(string Name, Variant Variant)>();
        var body = new StringBuilder();
        foreach (var line in reader.ReadToEnd().Split('\n').Append("[]"))
        {
            if (!line.StartsWith('['))
            {
                body.Append(line).Append('\n');
                continue;
            }

            if (variants.Count > 0)
                variants[^1] = (variants[^1].Name, variants[^1].Variant with { Body = body.ToString() });
            body.Clear();
            if (line.Trim('[', ']').Split(" < ") is [{ Length: > 0 } name, .. var before])
                variants.Add((name, new Variant(before is [var release] ? Enum.Parse<RosDistro>(release, ignoreCase: true) : After, "")));
        }

        return variants.GroupBy(entry => entry.Name, entry => entry.Variant).ToFrozenDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The form of a type before a release; the last one has no end.</summary>
    private sealed record Variant(RosDistro Before, string Body);
}
