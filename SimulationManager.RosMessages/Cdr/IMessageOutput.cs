namespace SimulationManager.RosMessages;

/// <summary>A form into which <see cref="MessageWriter"/> turns payloads. Implemented by structures, so that calls cost nothing.</summary>
internal interface IMessageOutput
{
    void BeginMessage(int fields);

    /// <summary>The name of a field, whose value follows.</summary>
    void Name(FieldLayout field);

    void EndMessage();

    void BeginArray(int count);

    /// <summary>Comes between the elements of an array.</summary>
    void Separate();

    void EndArray();

    void Bool(bool value);

    void Integer(long value);

    void Integer(ulong value);

    void Float(double value);

    void Float(float value);

    /// <summary>All elements of an array that has begun, without <see cref="Separate"/>: scans, covariances, ranges, most of what a recording's numbers are.</summary>
    void Floats<T>(ReadOnlySpan<byte> bytes, bool swaps)
        where T : unmanaged;

    /// <summary>A string, which is UTF-8 by convention alone.</summary>
    void Text(ReadOnlySpan<byte> utf8);

    void Text(WideText text);

    /// <summary>An array of bytes, the field's value.</summary>
    void Bytes(FieldLayout field, ReadOnlySpan<byte> bytes);

    /// <summary>Hands over what was written.</summary>
    void Flush();
}
