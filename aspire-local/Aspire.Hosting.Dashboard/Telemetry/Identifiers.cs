using System.Buffers.Binary;
using System.Globalization;

namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>A W3C trace id: 16 bytes, not all zero. Written as 32 lower-case hexadecimal digits.</summary>
internal readonly record struct TraceId(ulong High, ulong Low)
{
    public bool IsEmpty => High == 0 && Low == 0;

    /// <summary>Reads 16 big-endian bytes; false for any other length and for the all-zero id, which the standard forbids.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TraceId id)
    {
        id = bytes.Length == 16
            ? new TraceId(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]))
            : default;
        return !id.IsEmpty;
    }

    public static bool TryParse(string? text, out TraceId id)
    {
        id = default;
        if (text is not { Length: 32 }
            || !ulong.TryParse(text.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(text.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            return false;
        id = new TraceId(high, low);
        return !id.IsEmpty;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), Low);
        return bytes;
    }

    public override string ToString() => IsEmpty ? "" : $"{High:x16}{Low:x16}";
}

/// <summary>A W3C span id: 8 bytes, not all zero. Written as 16 lower-case hexadecimal digits.</summary>
internal readonly record struct SpanId(ulong Value)
{
    public bool IsEmpty => Value == 0;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out SpanId id)
    {
        id = bytes.Length == 8 ? new SpanId(BinaryPrimitives.ReadUInt64BigEndian(bytes)) : default;
        return !id.IsEmpty;
    }

    public static bool TryParse(string? text, out SpanId id)
    {
        id = text is { Length: 16 } && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? new SpanId(value)
            : default;
        return !id.IsEmpty;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Value);
        return bytes;
    }

    public override string ToString() => IsEmpty ? "" : $"{Value:x16}";
}
