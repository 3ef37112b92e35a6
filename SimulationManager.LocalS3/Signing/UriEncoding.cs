using System.Globalization;
using System.Text;

namespace SimulationManager.LocalS3.Signing;

/// <summary>Percent-encoding as Signature Version 4 wants it: only letters, digits and <c>-._~</c> stay.</summary>
internal static class UriEncoding
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Encode(string text, bool keepSlash)
    {
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            var letter = (char)octet;
            if (char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '~' || (keepSlash && letter == '/'))
                encoded.Append(letter);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return encoded.ToString();
    }

    /// <exception cref="S3Error">The result is not UTF-8.</exception>
    public static string Decode(string text, bool plusIsSpace)
    {
        var octets = new List<byte>(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '%' && index + 2 < text.Length
                && byte.TryParse(text.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                octets.Add(octet);
                index += 2;
            }
            else if (text[index] == '+' && plusIsSpace)
            {
                octets.Add((byte)' ');
            }
            else
            {
                octets.AddRange(Encoding.UTF8.GetBytes(text[index].ToString()));
            }
        }

        try
        {
            return Strict.GetString([.. octets]);
        }
        catch (ArgumentException)
        {
            throw new S3Error(400, "InvalidURI", "The request's URI is not valid UTF-8.");
        }
    }
}
