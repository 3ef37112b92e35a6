using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>What walks of a message's payload need of its type, prepared once. Types that are used twice share one layout.</summary>
internal sealed class MessageLayout
{
    private MessageLayout(MessageType type, FieldLayout[] fields)
    {
        Type = type;
        Fields = fields;
        MinBytes = CheckedMinBytes(type, fields);
    }

    public MessageType Type { get; }

    public FieldLayout[] Fields { get; }

    /// <summary>Bytes that a message takes at least, 1 or more. Padding does not count.</summary>
    public int MinBytes { get; }

    /// <exception cref="RosMessageException">A type has no serialized form, or its fixed part is too large.</exception>
    public static MessageLayout Of(MessageSchema schema)
    {
        var layouts = new Dictionary<string, MessageLayout>(StringComparer.Ordinal);
        // A type comes before those that it uses: from the end, what a type uses is there already.
        foreach (var type in schema.Types.Reverse())
            layouts.Add(type.Name, new MessageLayout(type, [.. type.Fields.Select((field, index) => new FieldLayout(type, index, layouts))]));
        return layouts[schema.Root.Name];
    }

    private static int CheckedMinBytes(MessageType type, FieldLayout[] fields)
    {
        var bytes = fields.Sum(field => field.Array == ArrayKind.None ? field.ElementMinBytes
            : field.Array == ArrayKind.Fixed ? (long)field.ArraySize * field.ElementMinBytes : sizeof(uint));
        return bytes <= DefinitionLimits.MaxFixedBytes ? (int)bytes
            : throw DefinitionLimits.TooLarge($"A {type.Name} takes {bytes} bytes at least; at most {DefinitionLimits.MaxFixedBytes} are accepted.");
    }
}

/// <summary>A field as walks need it.</summary>
internal sealed class FieldLayout
{
    public FieldLayout(MessageType owner, int index, Dictionary<string, MessageLayout> layouts)
    {
        var field = owner.Fields[index];
        Name = field.Name;
        Path = $"{owner.Name}.{field.Name}";
        Kind = field.Type.Kind;
        Array = field.Type.Array;
        ArraySize = field.Type.ArraySize;
        StringBound = field.Type.StringBound;
        Default = field.Default;
        Nested = Kind == FieldKind.Message ? layouts[field.Type.MessageName] : null;
        if (Kind == FieldKind.WChar)
            throw new RosMessageException(RosMessageError.TypeUnsupported, $"{Path} is a wchar, which has no serialized form in ROS 2.");
        PrimitiveSize = field.Type.PrimitiveSize;
        ElementMinBytes = Nested?.MinBytes ?? (PrimitiveSize > 0 ? PrimitiveSize : sizeof(uint));
        IsPlaceholder = Name == MessageType.Placeholder && owner.Fields.Count == 1;
        CborName = CborOutput.EncodeName(Name);
        JsonName = Encoding.UTF8.GetBytes($"{(index > 0 ? "," : "")}\"{Name}\":");
    }

    public string Name { get; }

    /// <summary>The field's name for error messages.</summary>
    public string Path { get; }

    public FieldKind Kind { get; }

    public ArrayKind Array { get; }

    public int ArraySize { get; }

    public int StringBound { get; }

    public object? Default { get; }

    public MessageLayout? Nested { get; }

    /// <summary>Size of a value in bytes; 0 for strings and messages.</summary>
    public int PrimitiveSize { get; }

    /// <summary>Bytes that a value or an element takes at least.</summary>
    public int ElementMinBytes { get; }

    /// <summary>Whether the field is only there since IDL knows no empty structure.</summary>
    public bool IsPlaceholder { get; }

    /// <summary>The name as CBOR has it.</summary>
    public byte[] CborName { get; }

    /// <summary>The name as JSON has it, with its separators.</summary>
    public byte[] JsonName { get; }

    public bool IsArray => Array != ArrayKind.None;

    /// <summary>Whether XCDR version 2 puts the length in bytes before the array (DHEADER): its elements are not primitive.</summary>
    public bool IsDelimited => IsArray && PrimitiveSize == 0;

    /// <summary>Whether JSON has the field as base64 and CBOR as a byte string.</summary>
    public bool IsByteArray => IsArray && Kind is FieldKind.UInt8 or FieldKind.Byte or FieldKind.Char;

    /// <summary>The greatest length of a bounded array, else 0.</summary>
    public int Bound => Array == ArrayKind.Bounded ? ArraySize : 0;
}
