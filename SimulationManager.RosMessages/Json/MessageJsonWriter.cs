using System.Buffers;

namespace SimulationManager.RosMessages;

/// <summary>Writes payloads as JSON without making objects of them.</summary>
internal static class MessageJsonWriter
{
    public static void Write(MessageLayout layout, ReadOnlySpan<byte> payload, WideStringForm wideStrings, IBufferWriter<byte> writer)
    {
        var reader = new CdrReader(payload);
        var output = new JsonOutput(writer);
        WriteMessage(layout, ref reader, ref output, wideStrings);
        reader.ExpectEnd();
        output.Flush();
    }

    private static void WriteMessage(MessageLayout layout, ref CdrReader reader, ref JsonOutput output, WideStringForm wideStrings)
    {
        output.Byte('{');
        foreach (var field in layout.Fields)
        {
            if (field.IsPlaceholder)
            {
                reader.Read<byte>();
                break;
            }

            output.Raw(field.JsonName);
            if (field.IsArray)
                WriteArray(field, ref reader, ref output, wideStrings);
            else
                WriteValue(field, ref reader, ref output, wideStrings);
        }

        output.Byte('}');
    }

    private static void WriteValue(FieldLayout field, ref CdrReader reader, ref JsonOutput output, WideStringForm wideStrings)
    {
        switch (field.Kind)
        {
            case FieldKind.Bool:
                output.Raw(reader.ReadBool() ? "true"u8 : "false"u8);
                break;
            case FieldKind.Byte or FieldKind.Char or FieldKind.UInt8:
                output.Integer((long)reader.Read<byte>());
                break;
            case FieldKind.Int8:
                output.Integer((long)reader.Read<sbyte>());
                break;
            case FieldKind.Int16:
                output.Integer((long)reader.Read<short>());
                break;
            case FieldKind.UInt16:
                output.Integer((long)reader.Read<ushort>());
                break;
            case FieldKind.Int32:
                output.Integer((long)reader.Read<int>());
                break;
            case FieldKind.UInt32:
                output.Integer((long)reader.Read<uint>());
                break;
            case FieldKind.Int64:
                output.Integer(reader.Read<long>());
                break;
            case FieldKind.UInt64:
                output.Integer(reader.Read<ulong>());
                break;
            case FieldKind.Float32:
                output.Float(reader.Read<float>());
                break;
            case FieldKind.Float64:
                output.Float(reader.Read<double>());
                break;
            case FieldKind.String:
                output.Text(reader.ReadText(field.StringBound));
                break;
            case FieldKind.WString:
                output.Text(new WideText(reader.ReadWideText(wideStrings, field.StringBound), wideStrings == WideStringForm.CountOfFourBytes ? 4 : 2, reader.Swaps));
                break;
            default:
                WriteMessage(field.Nested!, ref reader, ref output, wideStrings);
                break;
        }
    }

    private static void WriteArray(FieldLayout field, ref CdrReader reader, ref JsonOutput output, WideStringForm wideStrings)
    {
        var end = field.IsDelimited ? reader.BeginDelimited() : -1;
        var count = field.Array == ArrayKind.Fixed ? field.ArraySize : reader.ReadCount(field.Bound, field.ElementMinBytes);
        if (field.IsByteArray)
        {
            output.Base64(reader.Take(count, 1));
            return;
        }

        output.Byte('[');
        switch (field.Kind)
        {
            case FieldKind.Float64:
                output.Floats<double>(reader.Take(count, sizeof(double)), reader.Swaps);
                break;
            case FieldKind.Float32:
                output.Floats<float>(reader.Take(count, sizeof(float)), reader.Swaps);
                break;
            default:
                for (var i = 0; i < count; i++)
                {
                    if (i > 0)
                        output.Byte(',');
                    WriteValue(field, ref reader, ref output, wideStrings);
                }

                break;
        }

        reader.EndDelimited(end);
        output.Byte(']');
    }
}
