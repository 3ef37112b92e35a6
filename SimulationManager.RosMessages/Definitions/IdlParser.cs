using System.Globalization;

namespace SimulationManager.RosMessages;

/// <summary>
/// Parses the part of IDL that ROS 2 uses (design.ros2.org, "IDL interface definition"): modules, structures, typedefs, constants,
/// enumerations. Of annotations, <c>@default</c> counts and the others are passed over.
/// </summary>
internal sealed class IdlParser
{
    private const string ConstantsSuffix = "_Constants";

    private readonly IdlLexer _lexer;
    private readonly IdlScope _scope = new();
    private readonly List<(string Name, List<MessageField> Fields)> _structures = [];
    private IdlToken _token;
    private int _members;

    private IdlParser(string text)
    {
        _lexer = new IdlLexer(text);
        _token = _lexer.Next();
    }

    /// <summary>The structures of an IDL text as message types.</summary>
    public static IEnumerable<MessageType> Parse(string text)
    {
        var parser = new IdlParser(text);
        while (parser._token.Kind != IdlTokenKind.End)
            parser.ParseDeclaration();
        return parser._structures.Select(structure =>
            new MessageType(structure.Name, structure.Fields, parser._scope.Constants($"{structure.Name}{ConstantsSuffix}")));
    }

    private void ParseDeclaration()
    {
        ParseAnnotations();
        switch (TakeName("module, struct, typedef, enum or const"))
        {
            case "module":
                ParseModule();
                break;
            case "struct":
                ParseStructure();
                break;
            case "typedef":
                ParseDeclarators(ParseType(), (name, type) => _scope.Add(name, type));
                break;
            case "enum":
                ParseEnumeration();
                break;
            case "const":
                ParseConstant();
                break;
            case var other:
                throw Invalid($"'{other}' has no place in a message definition");
        }

        Take(";");
    }

    private void ParseModule()
    {
        _scope.Open(TakeName("a module's name"));
        Take("{");
        while (!TryTake("}"))
            ParseDeclaration();
        _scope.Close();
    }

    private void ParseStructure()
    {
        var name = _scope.PathOf(TakeName("a structure's name"));
        var fields = new List<MessageField>();
        Take("{");
        while (!TryTake("}"))
        {
            var @default = ParseAnnotations();
            ParseDeclarators(ParseType(), (member, type) =>
            {
                if (fields.Exists(field => field.Name == member) || ++_members > DefinitionLimits.MaxFields)
                    throw Invalid($"{name} has the member {member} twice, or more than {DefinitionLimits.MaxFields} members");
                fields.Add(new MessageField(member, type, @default is null ? null : Literal.Parse(type, @default, $"{name}.{member}")));
            });
            Take(";");
        }

        if (name.Count(character => character == '/') == 2)
            _structures.Add((name, fields));
        else
            throw Invalid($"The structure {name} is not in two modules (package and msg)");
    }

    private void ParseDeclarators(FieldType type, Action<string, FieldType> declare)
    {
        do
        {
            var name = TakeName("a name");
            if (!TryTake("["))
            {
                declare(name, type);
                continue;
            }

            var size = ParseSize();
            Take("]");
            if (type.Array != ArrayKind.None || _token.Is("["))
                throw Invalid($"{name} is an array of arrays, which ROS 2 does not have");
            declare(name, type with { Array = ArrayKind.Fixed, ArraySize = size });
        }
        while (TryTake(","));
    }

    private void ParseEnumeration()
    {
        var name = TakeName("an enumeration's name");
        _scope.Add(name, new FieldType { Kind = FieldKind.UInt32 });
        Take("{");
        do
        {
            ParseAnnotations();
            TakeName("an enumerator");
        }
        while (TryTake(","));
        Take("}");
    }

    private void ParseConstant()
    {
        var type = ParseType();
        var name = TakeName("a constant's name");
        Take("=");
        var text = ParseValue();
        if (type.Array != ArrayKind.None || ++_members > DefinitionLimits.MaxFields)
            throw Invalid($"The constant {name} is an array, or one of too many");
        _scope.Add(name, new MessageConstant(name, type, Literal.Parse(type, text, name)));
    }

    private FieldType ParseType()
    {
        var name = TakeName("a type");
        switch (name)
        {
            case "sequence":
                Take("<");
                if (_token.Value == "sequence")
                    throw Invalid("A sequence of sequences is not part of ROS 2");
                var element = ParseType();
                var bound = TryTake(",") ? ParseSize() : 0;
                Take(">");
                if (element.Array != ArrayKind.None)
                    throw Invalid("A sequence of arrays is not part of ROS 2");
                return element with { Array = bound > 0 ? ArrayKind.Bounded : ArrayKind.Unbounded, ArraySize = bound };
            case "string" or "wstring":
                var length = 0;
                if (TryTake("<"))
                {
                    length = ParseSize();
                    Take(">");
                }

                return new FieldType { Kind = name == "string" ? FieldKind.String : FieldKind.WString, StringBound = length };
            default:
                return ParsePrimitive(name) is { } kind ? new FieldType { Kind = kind } : _scope.FindType(ParseScopedName(name));
        }
    }

    private FieldKind? ParsePrimitive(string name)
    {
        switch (name)
        {
            case "unsigned":
                return TakeName("short or long") == "short" ? FieldKind.UInt16 : TryTakeName("long") ? FieldKind.UInt64 : FieldKind.UInt32;
            case "long":
                if (_token.Value == "double")
                    throw Invalid("'long double' has no type hash and no serialized form in ROS 2");
                return TryTakeName("long") ? FieldKind.Int64 : FieldKind.Int32;
            default:
                return name switch
                {
                    "boolean" => FieldKind.Bool,
                    "octet" => FieldKind.Byte,
                    "char" => FieldKind.Char,
                    "wchar" => FieldKind.WChar,
                    "int8" => FieldKind.Int8,
                    "uint8" => FieldKind.UInt8,
                    "short" or "int16" => FieldKind.Int16,
                    "uint16" => FieldKind.UInt16,
                    "int32" => FieldKind.Int32,
                    "uint32" => FieldKind.UInt32,
                    "int64" => FieldKind.Int64,
                    "uint64" => FieldKind.UInt64,
                    "float" => FieldKind.Float32,
                    "double" => FieldKind.Float64,
                    _ => null,
                };
        }
    }

    /// <summary>Passes over annotations.</summary>
    /// <returns>The value of <c>@default</c>, or null.</returns>
    private string? ParseAnnotations()
    {
        string? @default = null;
        while (TryTake("@"))
        {
            var name = ParseScopedName(TakeName("an annotation's name"));
            if (!TryTake("("))
                continue;
            for (var depth = 1; depth > 0;)
            {
                if (name == "default" && depth == 1 && TryTakeName("value"))
                {
                    Take("=");
                    @default = ParseValue();
                    continue;
                }

                if (_token.Kind == IdlTokenKind.End)
                    throw Invalid($"The annotation {name} has no end");
                depth += _token.Is("(") ? 1 : _token.Is(")") ? -1 : 0;
                Advance();
            }
        }

        return @default;
    }

    /// <summary>A literal, or the value of a constant, as text.</summary>
    private string ParseValue()
    {
        var sign = TryTake("-") ? "-" : TryTake("+") ? "" : "";
        var token = _token;
        Advance();
        return token.Kind switch
        {
            IdlTokenKind.Number or IdlTokenKind.Text => sign + token.Value,
            IdlTokenKind.Name when token.Value is "TRUE" or "FALSE" => token.Value,
            IdlTokenKind.Name => sign + Convert.ToString(_scope.FindConstant(ParseScopedName(token.Value)).Value, CultureInfo.InvariantCulture),
            _ => throw Invalid($"'{token.Value}' is no value"),
        };
    }

    private int ParseSize()
    {
        var text = ParseValue();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
            ? size
            : throw Invalid($"The bound '{TypeName.Shorten(text)}' is no whole number from 1 to {int.MaxValue}");
    }

    private string ParseScopedName(string first)
    {
        var name = first;
        while (TryTake("::"))
        {
            name = $"{name}/{TakeName("a name")}";
            if (name.Length > 4 * DefinitionLimits.MaxNameLength)
                throw Invalid("A name is too long");
        }

        return name;
    }

    private string TakeName(string what)
    {
        if (_token.Kind != IdlTokenKind.Name || !TypeName.IsIdentifier(_token.Value))
            throw Invalid($"There is '{TypeName.Shorten(_token.Value)}' where {what} should be");
        var name = _token.Value;
        Advance();
        return name;
    }

    private bool TryTakeName(string name)
    {
        if (_token.Kind != IdlTokenKind.Name || _token.Value != name)
            return false;
        Advance();
        return true;
    }

    private void Take(string symbol)
    {
        if (!TryTake(symbol))
            throw Invalid($"There is '{TypeName.Shorten(_token.Value)}' where '{symbol}' should be");
    }

    private bool TryTake(string symbol)
    {
        if (!_token.Is(symbol))
            return false;
        Advance();
        return true;
    }

    private void Advance() => _token = _lexer.Next();

    private static RosMessageException Invalid(string what) => new(RosMessageError.DefinitionInvalid, $"{what} (IDL).");
}
