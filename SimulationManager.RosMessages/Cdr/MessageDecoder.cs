using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>Decodes payloads into message objects.</summary>
internal static class MessageDecoder
{
    public static RosMessage Decode(MessageLayout layout, ReadOnlySpan<byte> payload, WideStringForm wideStrings)
    {
        var reader = new CdrReader(payload);
        var message = ReadMessage(layout, ref reader, wideStrings);
        reader.ExpectEnd();
        return message;
    }

    private static RosMessage ReadMessage(MessageLayout layout, ref CdrReader reader, WideStringForm wideStrings)
    {
        var values = new object?[layout.Fields.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var field = layout.Fields[i];
            var value = field.IsArray ? ReadArray(field, ref reader, wideStrings) : ReadValue(field, ref reader, wideStrings);
            values[i] = field.IsPlaceholder ? null : value;
        }

        return new RosMessage(layout.Type, values);
    }

    private static object ReadValue(FieldLayout field, ref CdrReader reader, WideStringForm wideStrings) => field.Kind switch
    {
        FieldKind.Bool => reader.ReadBool(),
        FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 => reader.Read<byte>(),
        FieldKind.Int8 => reader.Read<sbyte>(),
        FieldKind.Int16 => reader.Read<short>(),
        FieldKind.UInt16 => reader.Read<ushort>(),
        FieldKind.Int32 => reader.Read<int>(),
        FieldKind.UInt32 => reader.Read<uint>(),
        FieldKind.Int64 => reader.Read<long>(),
        FieldKind.UInt64 => reader.Read<ulong>(),
        FieldKind.Float32 => reader.Read<float>(),
        FieldKind.Float64 => reader.Read<double>(),
        FieldKind.String => CdrText.Decode(reader.ReadText(field.StringBound)),
        FieldKind.WString => ReadWideString(field, ref reader, wideStrings),
        _ => ReadMessage(field.Nested!, ref reader, wideStrings),
    };

    private static Array ReadArray(FieldLayout field, ref CdrReader reader, WideStringForm wideStrings)
    {
        var end = field.IsDelimited ? reader.BeginDelimited() : -1;
        var count = field.Array == ArrayKind.Fixed ? field.ArraySize : reader.ReadCount(field.Bound, field.ElementMinBytes);
        Array array = field.Kind switch
        {
            FieldKind.Bool => ReadBools(ref reader, count),
            FieldKind.Byte or FieldKind.Char or FieldKind.UInt8 => ReadNumbers<byte>(ref reader, count),
            FieldKind.Int8 => ReadNumbers<sbyte>(ref reader, count),
            FieldKind.Int16 => ReadNumbers<short>(ref reader, count),
            FieldKind.UInt16 => ReadNumbers<ushort>(ref reader, count),
            FieldKind.Int32 => ReadNumbers<int>(ref reader, count),
            FieldKind.UInt32 => ReadNumbers<uint>(ref reader, count),
            FieldKind.Int64 => ReadNumbers<long>(ref reader, count),
            FieldKind.UInt64 => ReadNumbers<ulong>(ref reader, count),
            FieldKind.Float32 => ReadNumbers<float>(ref reader, count),
            FieldKind.Float64 => ReadNumbers<double>(ref reader, count),
            _ => ReadElements(field, ref reader, count, wideStrings),
        };
        reader.EndDelimited(end);
        return array;
    }

    private static T[] ReadNumbers<T>(ref CdrReader reader, int count)
        where T : unmanaged
    {
        var numbers = MemoryMarshal.Cast<byte, T>(reader.Take(count, Unsafe.SizeOf<T>())).ToArray();
        if (reader.Swaps)
            ByteOrder.Reverse<T>(numbers);
        return numbers;
    }

    private static bool[] ReadBools(ref CdrReader reader, int count)
    {
        var bytes = reader.Take(count, 1);
        if (bytes.IndexOfAnyExceptInRange<byte>(0, 1) is >= 0 and var invalid)
            throw CdrReader.InvalidBool(bytes[invalid], reader.Position);
        return MemoryMarshal.Cast<byte, bool>(bytes).ToArray();
    }

    private static Array ReadElements(FieldLayout field, ref CdrReader reader, int count, WideStringForm wideStrings)
    {
        // The array of a fixed count is made only if the payload could hold it: each element takes a byte at least.
        if (count > reader.Remaining)
            reader.Take(count, 1);
        if (field.Kind == FieldKind.Message)
        {
            var messages = new RosMessage[count];
            for (var i = 0; i < count; i++)
                messages[i] = ReadMessage(field.Nested!, ref reader, wideStrings);
            return messages;
        }

        var texts = new string[count];
        for (var i = 0; i < count; i++)
            texts[i] = field.Kind == FieldKind.String ? CdrText.Decode(reader.ReadText(field.StringBound)) : ReadWideString(field, ref reader, wideStrings);
        return texts;
    }

    private static string ReadWideString(FieldLayout field, ref CdrReader reader, WideStringForm form)
    {
        var bytes = reader.ReadWideText(form, field.StringBound);
        var size = form == WideStringForm.CountOfFourBytes ? 4 : 2;
        return string.Create(bytes.Length / size, new WideText(bytes, size, reader.Swaps), static (units, text) =>
        {
            for (var i = 0; i < units.Length; i++)
                units[i] = text[i];
        });
    }
}

/// <summary>The code units of a <c>wstring</c>.</summary>
internal readonly ref struct WideText(ReadOnlySpan<byte> bytes, int size, bool swaps)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Length => _bytes.Length / size;

    /// <exception cref="RosMessageException">A unit of four bytes is larger than UTF-16 allows.</exception>
    public char this[int index]
    {
        get
        {
            if (size == 2)
                return (char)Unit<ushort>(index);
            var unit = Unit<uint>(index);
            return unit <= char.MaxValue ? (char)unit : throw new RosMessageException(RosMessageError.PayloadInvalid, $"A wstring holds the code unit {unit}; UTF-16 ends at 65535.");
        }
    }

    private T Unit<T>(int index)
        where T : unmanaged
    {
        var value = MemoryMarshal.Read<T>(_bytes[(index * size)..]);
        return swaps ? ByteOrder.Reverse(value) : value;
    }
}
