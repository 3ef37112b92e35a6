using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>Texts between JSON's quotes. The framework's reader refuses lone surrogates, which stand for bytes here (<see cref="CdrText"/>).</summary>
internal static class JsonText
{
    /// <summary>The text of a token that <c>Utf8JsonReader</c> has accepted.</summary>
    public static string Unescape(ReadOnlySpan<byte> token, bool isEscaped)
    {
        if (!isEscaped)
            return Encoding.UTF8.GetString(token);
        var source = Encoding.UTF8.GetString(token).AsSpan();
        var text = new StringBuilder(source.Length);
        while (source.IndexOf('\\') is >= 0 and var escape)
        {
            text.Append(source[..escape]);
            var isHex = source[escape + 1] == 'u';
            text.Append(isHex ? (char)ushort.Parse(source.Slice(escape + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : Unescape(source[escape + 1]));
            source = source[(escape + (isHex ? 6 : 2))..];
        }

        return text.Append(source).ToString();
    }

    /// <summary>A whole number of 64 bits that is written as text, since a JSON number of that size is not exact everywhere.</summary>
    public static Int128? Integer(ReadOnlySpan<byte> token)
    {
        if (Utf8Parser.TryParse(token, out long signed, out var consumed) && consumed == token.Length)
            return signed;
        return Utf8Parser.TryParse(token, out ulong unsigned, out consumed) && consumed == token.Length ? unsigned : null;
    }

    /// <summary>The bytes of a base64 text, or null. Some writers escape its slashes.</summary>
    public static byte[]? Base64(ReadOnlySpan<byte> token, bool isEscaped)
    {
        var text = Unescape(token, isEscaped);
        var bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }

    private static char Unescape(char escaped) => escaped switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escaped };
}
