using System.Globalization;
using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>Values of constants and defaults, as <c>.msg</c> files and the annotations of IDL write them.</summary>
internal static class Literal
{
    /// <summary>A value up to the comment behind it. A <c>#</c> in quotes is part of the value.</summary>
    public static ReadOnlySpan<char> WithoutComment(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.Length == 0 || text[0] is not ('"' or '\'' or '['))
            return text.IndexOf('#') is >= 0 and var comment ? text[..comment].TrimEnd() : text;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0' && text[i] == '\\')
                i++;
            else if (text[i] == quote)
                quote = '\0';
            else if (quote == '\0' && text[i] is '"' or '\'')
                quote = text[i];
            else if (quote == '\0' && text[i] == '#')
                return text[..i].TrimEnd();
        }

        return text;
    }

    /// <summary>Parses a value of a type.</summary>
    /// <exception cref="RosMessageException">It is not one.</exception>
    public static object Parse(FieldType type, ReadOnlySpan<char> text, string where)
    {
        if (type.Array == ArrayKind.None)
            return Element(type.Kind, text, where);
        if (text.Length < 2 || (text[0], text[^1]) is not (('[', ']') or ('(', ')')))
            throw Invalid(type, text, where);
        var elements = Elements(text[1..^1]);
        if (type.Array == ArrayKind.Fixed ? elements.Count != type.ArraySize : type.Array == ArrayKind.Bounded && elements.Count > type.ArraySize)
            throw Invalid(type, text, where);
        if (type.Kind == FieldKind.Message)
            throw Invalid(type, text, where);
        var values = Values.NewArray(type.Kind, elements.Count);
        for (var i = 0; i < elements.Count; i++)
            values.SetValue(Element(type.Kind, elements[i], where), i);
        return values;
    }

    private static List<string> Elements(ReadOnlySpan<char> text)
    {
        var elements = new List<string>();
        var (start, quote) = (0, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0' && text[i] == '\\')
                i++;
            else if (text[i] == quote)
                quote = '\0';
            else if (quote == '\0' && text[i] is '"' or '\'')
                quote = text[i];
            else if (quote == '\0' && text[i] == ',')
                (start, _) = (i + 1, Add(text[start..i]));
        }

        if (!text[start..].IsWhiteSpace())
            Add(text[start..]);
        return elements;

        bool Add(ReadOnlySpan<char> element)
        {
            elements.Add(element.Trim().ToString());
            return true;
        }
    }

    private static object Element(FieldKind kind, ReadOnlySpan<char> text, string where)
    {
        object? value = kind switch
        {
            FieldKind.Bool => text switch { "1" => true, "0" => false, _ => bool.TryParse(text, out var flag) ? flag : null },
            FieldKind.Float32 => Float(text) is { } number ? (float)number : null,
            FieldKind.Float64 => Float(text),
            FieldKind.String or FieldKind.WString => Unquote(text),
            FieldKind.Message or FieldKind.WChar => null,
            _ => Integer(text) is { } number && Values.TryInteger(kind, number, out var integer) ? integer : null,
        };
        return value ?? throw Invalid(new FieldType { Kind = kind }, text, where);
    }

    private static double? Float(ReadOnlySpan<char> text)
    {
        if (double.TryParse(text.TrimEnd('d'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        var negative = text.StartsWith("-");
        var word = text.TrimStart("+-");
        if (word.Equals("nan", StringComparison.OrdinalIgnoreCase))
            return double.NaN;
        if (word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            return negative ? double.NegativeInfinity : double.PositiveInfinity;
        return null;
    }

    /// <summary>Decimal, or with a prefix <c>0x</c>, <c>0o</c> or <c>0b</c>.</summary>
    private static Int128? Integer(ReadOnlySpan<char> text)
    {
        var negative = text.StartsWith("-");
        var digits = text.StartsWith("-") || text.StartsWith("+") ? text[1..] : text;
        var radix = digits.Length > 2 && digits[0] == '0' ? (digits[1] | 0x20) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix != 10)
            digits = digits[2..];
        if (digits.Length is 0 or > 64)
            return null;
        Int128 value = 0;
        foreach (var digit in digits)
        {
            var number = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : 16;
            if (number >= radix || value > ulong.MaxValue)
                return null;
            value = (value * radix) + number;
        }

        return negative ? -value : value;
    }

    private static string Unquote(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] is not ('"' or '\'') || text[^1] != text[0])
            return text.ToString();
        var result = new StringBuilder(text.Length);
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '\\' && text[i + 1] == text[0] && i + 1 < text.Length - 1)
                i++;
            result.Append(text[i]);
        }

        return result.ToString();
    }

    private static RosMessageException Invalid(FieldType type, ReadOnlySpan<char> text, string where) =>
        new(RosMessageError.DefinitionInvalid, $"'{TypeName.Shorten(text)}' of {where} is no {type}.");
}
