using System.Text;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>Random messages of any type, with the values that are easily got wrong.</summary>
internal sealed class RandomMessages(int seed)
{
    private const int PlainTexts = 5;

    private static readonly string[] s_texts = ["", "a", "map", "odom", "base_link", "a\"b\\c/\n\t\u0001", "한국어 ü 🤖", "x\udc80\udcffy", "\0", "1234567890123456"];
    private static readonly double[] s_numbers = [0, -0.0, 1, -1, 0.1, 1e300, -5e-324, 1e15 + 0.3, (1L << 53) - 1, 1L << 53, 1e22, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly ulong[] s_nans = [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF8_0000_0000_0001, 0xFFFF_FFFF_FFFF_FFFF];

    private readonly Random _random = new(seed);

    public RosMessage Fill(RosMessage message)
    {
        for (var i = 0; i < message.FieldValues.Length; i++)
        {
            var type = message.Type.Fields[i].Type;
            if (message.Type.Fields[i].Name == MessageType.Placeholder)
                continue;
            message.FieldValues[i] = type.Array == ArrayKind.None ? Value(type, message.FieldValues[i]) : Elements(type, (Array)message.FieldValues[i]!);
        }

        return message;
    }

    /// <summary>A nested message is made from the default one, which knows its type; an array that has none has no elements.</summary>
    private Array Elements(FieldType type, Array defaults)
    {
        var length = type.Array == ArrayKind.Fixed ? type.ArraySize : type.Array == ArrayKind.Bounded ? _random.Next(Math.Min(type.ArraySize, 4) + 1) : _random.Next(5);
        var array = Values.NewArray(type.Kind, length);
        for (var i = 0; i < length; i++)
            array.SetValue(type.Kind == FieldKind.Message ? Fill(NewMessage(type)) : Value(type, null), i);
        return array;
    }

    /// <summary>Whether strings are ASCII and floats ordinary, for comparison with implementations that cannot keep others.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Default messages of the schema's types.</summary>
    public required Func<string, RosMessage> NewMessageOf { get; init; }

    private RosMessage NewMessage(FieldType type) => NewMessageOf(type.MessageName);

    private object Value(FieldType type, object? current) => type.Kind switch
    {
        FieldKind.Bool => _random.Next(2) == 1,
        FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 => (byte)_random.Next(256),
        FieldKind.Int8 => (sbyte)_random.Next(-128, 128),
        FieldKind.Int16 => (short)_random.Next(short.MinValue, short.MaxValue + 1),
        FieldKind.UInt16 => (ushort)_random.Next(ushort.MaxValue + 1),
        FieldKind.Int32 => Edge(int.MinValue, int.MaxValue, () => _random.Next()),
        FieldKind.UInt32 => Edge(uint.MinValue, uint.MaxValue, () => (uint)_random.NextInt64(1L << 32)),
        FieldKind.Int64 => Edge(long.MinValue, long.MaxValue, () => _random.NextInt64() >> _random.Next(64)),
        FieldKind.UInt64 => Edge(ulong.MinValue, ulong.MaxValue, () => (ulong)_random.NextInt64() >> _random.Next(64)),
        FieldKind.Float32 => Float32(),
        FieldKind.Float64 => Float64(),
        FieldKind.String => Text(type),
        FieldKind.WString => WideText(type),
        _ => Fill(current is RosMessage message ? message : NewMessage(type)),
    };

    private T Edge<T>(T least, T most, Func<T> other) => _random.Next(8) switch { 0 => least, 1 => most, _ => other() };

    private double Float64() => _random.Next(IsPlain ? 3 : 0, 6) switch
    {
        0 => s_numbers[_random.Next(s_numbers.Length)],
        1 => BitConverter.UInt64BitsToDouble(s_nans[_random.Next(s_nans.Length)]),
        2 => BitConverter.Int64BitsToDouble(_random.NextInt64(long.MinValue, long.MaxValue)),
        _ => (_random.NextDouble() - 0.5) * 100,
    };

    private float Float32() => _random.Next(IsPlain ? 3 : 0, 6) switch
    {
        0 => (float)s_numbers[_random.Next(s_numbers.Length)],
        1 => BitConverter.Int32BitsToSingle(_random.Next(int.MinValue, int.MaxValue)),
        2 => BitConverter.UInt32BitsToSingle(_random.Next(2) == 0 ? 0x7FC0_0000u : 0xFFC0_0000u),
        _ => (float)(_random.NextDouble() - 0.5) * 100,
    };

    private string Text(FieldType type)
    {
        var text = s_texts[_random.Next(IsPlain ? PlainTexts : s_texts.Length)];
        return type.StringBound > 0 && Encoding.UTF8.GetByteCount(text) > type.StringBound ? "" : text;
    }

    private string WideText(FieldType type)
    {
        var text = _random.Next(4) == 0 ? "\ud800x\udfff" : s_texts[_random.Next(s_texts.Length)];
        return type.StringBound > 0 && text.Length > type.StringBound ? text[..type.StringBound] : text;
    }
}
