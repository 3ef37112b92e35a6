using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace SimulationManager.RosMessages;

/// <summary>
/// Strings of messages as .NET strings and back without loss. ROS 2 strings are UTF-8 by convention only; each byte that is not
/// becomes the lone surrogate U+DC00 + byte (Python's <c>surrogateescape</c>, PEP 383).
/// </summary>
internal static class CdrText
{
    private const int Escape = 0xDC00;

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        Span<char> units = stackalloc char[2];
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == OperationStatus.Done)
            {
                text.Append(units[..rune.EncodeToUtf16(units)]);
            }
            else
            {
                for (var i = 0; i < consumed; i++)
                    text.Append((char)(Escape + bytes[i]));
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    public static int CountBytes(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        // A lone surrogate is counted as U+FFFD, three bytes, and written as one.
        var first = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (var i = first; i >= 0 && i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                bytes -= 2;
        }

        return bytes;
    }

    public static void Encode(string text, Span<byte> target)
    {
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var status = Utf8.FromUtf16(rest, target, out var read, out var written, replaceInvalidSequences: false, isFinalBlock: true);
            rest = rest[read..];
            target = target[written..];
            if (status == OperationStatus.Done)
                return;
            if (status != OperationStatus.InvalidData || rest[0] is < (char)(Escape + 0x80) or > (char)(Escape + 0xFF))
                throw new RosMessageException(RosMessageError.ValueInvalid, "A string holds a lone surrogate that stands for no byte (U+DC80 to U+DCFF).");
            target[0] = (byte)(rest[0] - Escape);
            rest = rest[1..];
            target = target[1..];
        }
    }
}
