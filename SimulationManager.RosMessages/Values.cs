namespace SimulationManager.RosMessages;

/// <summary>The .NET types that hold a message's values.</summary>
internal static class Values
{
    /// <summary>The type of one value of a kind.</summary>
    public static Type TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Bool => typeof(bool),
        FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 => typeof(byte),
        FieldKind.Int8 => typeof(sbyte),
        FieldKind.Int16 => typeof(short),
        FieldKind.UInt16 => typeof(ushort),
        FieldKind.Int32 => typeof(int),
        FieldKind.UInt32 => typeof(uint),
        FieldKind.Int64 => typeof(long),
        FieldKind.UInt64 => typeof(ulong),
        FieldKind.Float32 => typeof(float),
        FieldKind.Float64 => typeof(double),
        FieldKind.String or FieldKind.WString => typeof(string),
        FieldKind.Message => typeof(RosMessage),
        _ => throw new RosMessageException(RosMessageError.TypeUnsupported, $"There are no values of {kind}."),
    };

    public static Array NewArray(FieldKind kind, int length) => kind switch
    {
        FieldKind.Bool => new bool[length],
        FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 => new byte[length],
        FieldKind.Int8 => new sbyte[length],
        FieldKind.Int16 => new short[length],
        FieldKind.UInt16 => new ushort[length],
        FieldKind.Int32 => new int[length],
        FieldKind.UInt32 => new uint[length],
        FieldKind.Int64 => new long[length],
        FieldKind.UInt64 => new ulong[length],
        FieldKind.Float32 => new float[length],
        FieldKind.Float64 => new double[length],
        FieldKind.String or FieldKind.WString => new string[length],
        FieldKind.Message => new RosMessage[length],
        _ => throw new RosMessageException(RosMessageError.TypeUnsupported, $"There are no values of {kind}."),
    };

    /// <summary>An integer as the type that holds a kind, if it is in range.</summary>
    public static bool TryInteger(FieldKind kind, Int128 number, out object? value)
    {
        value = kind switch
        {
            FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 when number >= byte.MinValue && number <= byte.MaxValue => (byte)number,
            FieldKind.Int8 when number >= sbyte.MinValue && number <= sbyte.MaxValue => (sbyte)number,
            FieldKind.Int16 when number >= short.MinValue && number <= short.MaxValue => (short)number,
            FieldKind.UInt16 when number >= ushort.MinValue && number <= ushort.MaxValue => (ushort)number,
            FieldKind.Int32 when number >= int.MinValue && number <= int.MaxValue => (int)number,
            FieldKind.UInt32 when number >= uint.MinValue && number <= uint.MaxValue => (uint)number,
            FieldKind.Int64 when number >= long.MinValue && number <= long.MaxValue => (long)number,
            FieldKind.UInt64 when number >= ulong.MinValue && number <= ulong.MaxValue => (ulong)number,
            _ => null,
        };
        return value is not null;
    }
}
