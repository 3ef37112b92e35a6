namespace SimulationManager.RosMessages;

/// <summary>The kind of a field or of an array's elements.</summary>
public enum FieldKind
{
    /// <summary><c>bool</c>, one byte, 0 or 1.</summary>
    Bool,

    /// <summary><c>byte</c> (IDL <c>octet</c>), one byte.</summary>
    Byte,

    /// <summary>IDL <c>char</c>, one byte. The <c>char</c> of a <c>.msg</c> file is a <see cref="UInt8"/>, as rosidl has it.</summary>
    Char,

    /// <summary><c>int8</c>.</summary>
    Int8,

    /// <summary><c>uint8</c>.</summary>
    UInt8,

    /// <summary><c>int16</c>.</summary>
    Int16,

    /// <summary><c>uint16</c>.</summary>
    UInt16,

    /// <summary><c>int32</c>.</summary>
    Int32,

    /// <summary><c>uint32</c>; also the enumerations of IDL.</summary>
    UInt32,

    /// <summary><c>int64</c>.</summary>
    Int64,

    /// <summary><c>uint64</c>.</summary>
    UInt64,

    /// <summary><c>float32</c>.</summary>
    Float32,

    /// <summary><c>float64</c>.</summary>
    Float64,

    /// <summary><c>string</c>, UTF-8 by convention.</summary>
    String,

    /// <summary><c>wstring</c>, UTF-16 code units.</summary>
    WString,

    /// <summary>IDL <c>wchar</c>. Has a type hash but no serialized form here.</summary>
    WChar,

    /// <summary>Another message type.</summary>
    Message,
}

/// <summary>How many values a field holds.</summary>
public enum ArrayKind
{
    /// <summary>One value.</summary>
    None,

    /// <summary><c>[N]</c>: always N values.</summary>
    Fixed,

    /// <summary><c>[&lt;=N]</c>: up to N values.</summary>
    Bounded,

    /// <summary><c>[]</c>: any number of values.</summary>
    Unbounded,
}

/// <summary>The type of a field.</summary>
public sealed record FieldType
{
    /// <summary>The kind of the value or of the array's elements.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>Name of the message type, <c>package/msg/Type</c>, if <see cref="Kind"/> is <see cref="FieldKind.Message"/>; else empty.</summary>
    public string MessageName { get; init; } = "";

    /// <summary>Most characters of a bounded string (<c>string&lt;=N</c>); 0 for none.</summary>
    public int StringBound { get; init; }

    /// <summary>Whether the field is an array.</summary>
    public ArrayKind Array { get; init; }

    /// <summary>Length of a fixed array, greatest length of a bounded one; else 0.</summary>
    public int ArraySize { get; init; }

    /// <summary>Size of one serialized value in bytes; 0 for strings and messages.</summary>
    internal int PrimitiveSize => Kind switch
    {
        FieldKind.Bool or FieldKind.Byte or FieldKind.Char or FieldKind.Int8 or FieldKind.UInt8 => 1,
        FieldKind.Int16 or FieldKind.UInt16 => 2,
        FieldKind.Int32 or FieldKind.UInt32 or FieldKind.Float32 => 4,
        FieldKind.Int64 or FieldKind.UInt64 or FieldKind.Float64 => 8,
        _ => 0,
    };

    /// <summary>The type as a <c>.msg</c> file would have it.</summary>
    public override string ToString()
    {
        var element = Kind == FieldKind.Message ? MessageName : Kind.ToString().ToLowerInvariant();
        var bound = StringBound > 0 ? $"<={StringBound}" : "";
        return Array switch
        {
            ArrayKind.Fixed => $"{element}{bound}[{ArraySize}]",
            ArrayKind.Bounded => $"{element}{bound}[<={ArraySize}]",
            ArrayKind.Unbounded => $"{element}{bound}[]",
            _ => element + bound,
        };
    }
}
