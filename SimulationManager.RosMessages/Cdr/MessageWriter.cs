namespace SimulationManager.RosMessages;

/// <summary>Writes payloads in another form without making objects of them.</summary>
internal static class MessageWriter
{
    public static void Write<TOutput>(MessageLayout layout, ReadOnlySpan<byte> payload, WideStringForm wideStrings, TOutput output)
        where TOutput : struct, IMessageOutput, allows ref struct
    {
        var reader = new CdrReader(payload);
        WriteMessage(layout, ref reader, ref output, wideStrings);
        reader.ExpectEnd();
        output.Flush();
    }

    private static void WriteMessage<TOutput>(MessageLayout layout, ref CdrReader reader, ref TOutput output, WideStringForm wideStrings)
        where TOutput : struct, IMessageOutput, allows ref struct
    {
        if (layout.Fields is [{ IsPlaceholder: true }])
        {
            reader.Read<byte>();
            output.BeginMessage(0);
            output.EndMessage();
            return;
        }

        output.BeginMessage(layout.Fields.Length);
        foreach (var field in layout.Fields)
        {
            output.Name(field);
            if (field.IsArray)
                WriteArray(field, ref reader, ref output, wideStrings);
            else
                WriteValue(field, ref reader, ref output, wideStrings);
        }

        output.EndMessage();
    }

    private static void WriteValue<TOutput>(FieldLayout field, ref CdrReader reader, ref TOutput output, WideStringForm wideStrings)
        where TOutput : struct, IMessageOutput, allows ref struct
    {
        switch (field.Kind)
        {
            case FieldKind.Bool:
                output.Bool(reader.ReadBool());
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

    private static void WriteArray<TOutput>(FieldLayout field, ref CdrReader reader, ref TOutput output, WideStringForm wideStrings)
        where TOutput : struct, IMessageOutput, allows ref struct
    {
        var end = field.IsDelimited ? reader.BeginDelimited() : -1;
        var count = field.Array == ArrayKind.Fixed ? field.ArraySize : reader.ReadCount(field.Bound, field.ElementMinBytes);
        if (field.IsByteArray)
        {
            output.Bytes(field, reader.Take(count, 1));
            return;
        }

        output.BeginArray(count);
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
                        output.Separate();
                    WriteValue(field, ref reader, ref output, wideStrings);
                }

                break;
        }

        reader.EndDelimited(end);
        output.EndArray();
    }
}
