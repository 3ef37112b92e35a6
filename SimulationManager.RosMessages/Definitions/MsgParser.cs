namespace SimulationManager.RosMessages;

/// <summary>
/// Parses <c>.msg</c>, <c>.srv</c> and <c>.action</c> definitions as rosidl_adapter reads them
/// (docs.ros.org, "About ROS 2 interfaces").
/// </summary>
internal static class MsgParser
{
    private const string PartSeparator = "---";

    private static readonly string[] s_serviceParts = ["_Request", "_Response"];
    private static readonly string[] s_actionParts = ["_Goal", "_Result", "_Feedback"];

    /// <summary>The types that a section defines as such; those generated from them are made by <see cref="GeneratedTypes"/>.</summary>
    public static IEnumerable<MessageType> Parse(DefinitionSection section)
    {
        if (section.Language == DefinitionLanguage.Msg)
            return [ParseMessage(section.Name, section.Body)];
        var suffixes = section.Language == DefinitionLanguage.Srv ? s_serviceParts : s_actionParts;
        var parts = SplitParts(section.Body);
        if (parts.Count != suffixes.Length)
            throw Invalid(section.Name, $"has {parts.Count} parts separated by '{PartSeparator}' instead of {suffixes.Length}");
        return parts.Zip(suffixes, (part, suffix) => ParseMessage(section.Name + suffix, part));
    }

    private static List<string> SplitParts(string body)
    {
        var parts = new List<string>();
        var part = new List<string>();
        foreach (var line in body.Split('\n'))
        {
            if (line.TrimEnd() == PartSeparator)
            {
                parts.Add(string.Join('\n', part));
                part.Clear();
            }
            else
            {
                part.Add(line);
            }
        }

        parts.Add(string.Join('\n', part));
        return parts;
    }

    private static MessageType ParseMessage(string name, string body)
    {
        var fields = new List<MessageField>();
        var constants = new List<MessageConstant>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rawLine in body.AsSpan().EnumerateLines())
        {
            var line = rawLine.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            var typeEnd = line.IndexOfAny(' ', '\t');
            if (typeEnd < 0)
                throw Invalid(name, $"has a line without a name: '{TypeName.Shorten(line)}'");
            var type = ParseType(name, line[..typeEnd]);
            var rest = line[typeEnd..].TrimStart();
            var nameEnd = rest.IndexOfAny(" \t=#");
            var member = (nameEnd < 0 ? rest : rest[..nameEnd]).ToString();
            if (!TypeName.IsIdentifier(member) || !names.Add(member))
                throw Invalid(name, $"has a line with an unusable or repeated name: '{TypeName.Shorten(line)}'");
            var value = nameEnd < 0 ? [] : rest[nameEnd..].TrimStart();
            if (value.StartsWith("="))
                constants.Add(new MessageConstant(member, type, Literal.Parse(type, Literal.WithoutComment(value[1..]), $"{name}.{member}")));
            else
                fields.Add(new MessageField(member, type, Default(type, Literal.WithoutComment(value), $"{name}.{member}")));
            if (names.Count > DefinitionLimits.MaxFields)
                throw DefinitionLimits.TooLarge($"{name} has more than {DefinitionLimits.MaxFields} fields and constants.");
        }

        return new MessageType(name, fields, constants);
    }

    private static object? Default(FieldType type, ReadOnlySpan<char> text, string where) => text.Length == 0 ? null : Literal.Parse(type, text, where);

    /// <summary>Parses <c>element[&lt;=bound][array]</c>.</summary>
    private static FieldType ParseType(string name, ReadOnlySpan<char> text)
    {
        var (array, size) = (ArrayKind.None, 0);
        var element = text;
        if (text[^1] == ']')
        {
            var open = text.LastIndexOf('[');
            if (open < 0)
                throw Invalid(name, $"has the type '{TypeName.Shorten(text)}'");
            var inside = text[(open + 1)..^1];
            element = text[..open];
            array = inside.Length == 0 ? ArrayKind.Unbounded : inside.StartsWith("<=") ? ArrayKind.Bounded : ArrayKind.Fixed;
            size = array == ArrayKind.Unbounded ? 0 : Size(name, array == ArrayKind.Bounded ? inside[2..] : inside);
        }

        var bound = 0;
        if (element.IndexOf("<=") is > 0 and var at)
        {
            bound = Size(name, element[(at + 2)..]);
            element = element[..at];
            if (element is not ("string" or "wstring"))
                throw Invalid(name, $"has the type '{TypeName.Shorten(text)}'");
        }

        var kind = Kind(element);
        return new FieldType
        {
            Kind = kind,
            MessageName = kind == FieldKind.Message ? MessageName(element, TypeName.PackageOf(name)) : "",
            StringBound = bound,
            Array = array,
            ArraySize = size,
        };
    }

    private static FieldKind Kind(ReadOnlySpan<char> element) => element switch
    {
        "bool" => FieldKind.Bool,
        "byte" => FieldKind.Byte,
        "char" or "uint8" => FieldKind.UInt8,
        "int8" => FieldKind.Int8,
        "int16" => FieldKind.Int16,
        "uint16" => FieldKind.UInt16,
        "int32" => FieldKind.Int32,
        "uint32" => FieldKind.UInt32,
        "int64" => FieldKind.Int64,
        "uint64" => FieldKind.UInt64,
        "float32" => FieldKind.Float32,
        "float64" => FieldKind.Float64,
        "string" => FieldKind.String,
        "wstring" => FieldKind.WString,
        _ => FieldKind.Message,
    };

    /// <summary><c>time</c> and <c>duration</c> are ROS 1's primitives, which some tools still write.</summary>
    private static string MessageName(ReadOnlySpan<char> element, string package) => element switch
    {
        "time" => "builtin_interfaces/msg/Time",
        "duration" => "builtin_interfaces/msg/Duration",
        _ => TypeName.Resolve(element.ToString(), package),
    };

    private static int Size(string name, ReadOnlySpan<char> text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var size) && size > 0
            ? size
            : throw Invalid(name, $"has a bound '{TypeName.Shorten(text)}', which is no whole number from 1 to {int.MaxValue}");

    private static RosMessageException Invalid(string name, string what) => new(RosMessageError.DefinitionInvalid, $"{name} {what}.");
}
