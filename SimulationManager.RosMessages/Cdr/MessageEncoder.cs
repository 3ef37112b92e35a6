using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>Encodes message objects into payloads.</summary>
internal static class MessageEncoder
{
    public static void Encode(MessageLayout layout, RosMessage message, CdrWriter writer)
    {
        writer.Reset();
        WriteMessage(layout, message, writer);
        writer.End();
    }

    private static void WriteMessage(MessageLayout layout, RosMessage message, CdrWriter writer)
    {
        if (message.Type != layout.Type)
            throw new RosMessageException(RosMessageError.ValueInvalid, $"The message is a {message.Type.Name} of another schema, not a {layout.Type.Name} of this one.");
        for (var i = 0; i < layout.Fields.Length; i++)
        {
            var field = layout.Fields[i];
            var value = message.FieldValues[i] ?? Defaults.Of(field);
            if (field.IsArray)
                WriteArray(field, value as Array ?? throw Invalid(field, value), writer);
            else
                WriteValue(field, value, writer);
        }
    }

    private static void WriteValue(FieldLayout field, object value, CdrWriter writer)
    {
        switch (field.Kind, value)
        {
            case (FieldKind.Bool, bool flag):
                writer.Write(flag ? (byte)1 : (byte)0);
                break;
            case (FieldKind.Byte or FieldKind.Char or FieldKind.UInt8, byte number):
                writer.Write(number);
                break;
            case (FieldKind.Int8, sbyte number):
                writer.Write(number);
                break;
            case (FieldKind.Int16, short number):
                writer.Write(number);
                break;
            case (FieldKind.UInt16, ushort number):
                writer.Write(number);
                break;
            case (FieldKind.Int32, int number):
                writer.Write(number);
                break;
            case (FieldKind.UInt32, uint number):
                writer.Write(number);
                break;
            case (FieldKind.Int64, long number):
                writer.Write(number);
                break;
            case (FieldKind.UInt64, ulong number):
                writer.Write(number);
                break;
            case (FieldKind.Float32, float number):
                writer.Write(number);
                break;
            case (FieldKind.Float64, double number):
                writer.Write(number);
                break;
            case (FieldKind.String, string text) when field.StringBound == 0 || CdrText.CountBytes(text) <= field.StringBound:
                writer.WriteString(text);
                break;
            case (FieldKind.WString, string text) when field.StringBound == 0 || text.Length <= field.StringBound:
                writer.WriteWideString(text);
                break;
            case (FieldKind.Message, RosMessage message):
                WriteMessage(field.Nested!, message, writer);
                break;
            default:
                throw Invalid(field, value);
        }
    }

    private static void WriteArray(FieldLayout field, Array array, CdrWriter writer)
    {
        if (field.Array == ArrayKind.Fixed ? array.Length != field.ArraySize : field.Bound > 0 && array.Length > field.Bound)
            throw new RosMessageException(RosMessageError.ValueInvalid, $"{field.Path} has {array.Length} elements; it has {(field.Bound > 0 ? "at most " : "")}{field.ArraySize}.");
        var start = field.IsDelimited ? writer.BeginDelimited() : -1;
        if (field.Array != ArrayKind.Fixed)
            writer.Write((uint)array.Length);
        switch (field.Kind, array)
        {
            case (FieldKind.Bool, bool[] flags):
                writer.WriteArray<byte>(MemoryMarshal.AsBytes<bool>(flags));
                break;
            // The runtime takes an array of signed for one of unsigned numbers: the element type decides.
            case (FieldKind.Byte or FieldKind.Char or FieldKind.UInt8, byte[] numbers) when array.GetType() == typeof(byte[]):
                writer.WriteArray<byte>(numbers);
                break;
            case (FieldKind.Int8, sbyte[] numbers) when array.GetType() == typeof(sbyte[]):
                writer.WriteArray<sbyte>(numbers);
                break;
            case (FieldKind.Int16, short[] numbers) when array.GetType() == typeof(short[]):
                writer.WriteArray<short>(numbers);
                break;
            case (FieldKind.UInt16, ushort[] numbers) when array.GetType() == typeof(ushort[]):
                writer.WriteArray<ushort>(numbers);
                break;
            case (FieldKind.Int32, int[] numbers) when array.GetType() == typeof(int[]):
                writer.WriteArray<int>(numbers);
                break;
            case (FieldKind.UInt32, uint[] numbers) when array.GetType() == typeof(uint[]):
                writer.WriteArray<uint>(numbers);
                break;
            case (FieldKind.Int64, long[] numbers) when array.GetType() == typeof(long[]):
                writer.WriteArray<long>(numbers);
                break;
            case (FieldKind.UInt64, ulong[] numbers) when array.GetType() == typeof(ulong[]):
                writer.WriteArray<ulong>(numbers);
                break;
            case (FieldKind.Float32, float[] numbers):
                writer.WriteArray<float>(numbers);
                break;
            case (FieldKind.Float64, double[] numbers):
                writer.WriteArray<double>(numbers);
                break;
            case (FieldKind.String or FieldKind.WString, string[]) or (FieldKind.Message, RosMessage[]):
                foreach (var element in (object?[])array)
                    WriteValue(field, element ?? throw Invalid(field, element), writer);
                break;
            default:
                throw Invalid(field, array);
        }

        if (start >= 0)
            writer.EndDelimited(start);
    }

    private static RosMessageException Invalid(FieldLayout field, object? value) =>
        new(RosMessageError.ValueInvalid, $"{field.Path} is a {field.Kind} and cannot be {(value is string ? "that string" : value?.GetType().Name ?? "null")}.");
}
