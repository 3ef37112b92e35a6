using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>Kinds of IDL tokens.</summary>
internal enum IdlTokenKind
{
    End,
    Name,
    Number,
    Text,
    Symbol,
}

/// <summary>A token: a name, a number, a string literal without its quotes, or one character (<c>::</c> counts as one).</summary>
internal readonly record struct IdlToken(IdlTokenKind Kind, string Value)
{
    public bool Is(string symbol) => Kind == IdlTokenKind.Symbol && Value == symbol;
}

/// <summary>Cuts IDL (OMG IDL 4.2, clause 7.2) into tokens. Comments and lines that begin with <c>#</c> are left out.</summary>
internal sealed class IdlLexer(string text)
{
    private int _position;

    /// <summary>The next token; adjacent string literals are one.</summary>
    public IdlToken Next()
    {
        SkipBlanks();
        if (_position == text.Length)
            return new IdlToken(IdlTokenKind.End, "");
        var start = _position;
        var first = text[_position];
        if (first is '"' or '\'' || (first == 'L' && _position + 1 < text.Length && text[_position + 1] is '"' or '\''))
            return new IdlToken(IdlTokenKind.Text, ReadLiterals());
        if (char.IsAsciiLetter(first) || first == '_')
            return new IdlToken(IdlTokenKind.Name, Take(start, character => char.IsAsciiLetterOrDigit(character) || character == '_'));
        if (char.IsAsciiDigit(first) || (first == '.' && _position + 1 < text.Length && char.IsAsciiDigit(text[_position + 1])))
            return new IdlToken(IdlTokenKind.Number, ReadNumber());
        _position += text.AsSpan(_position).StartsWith("::") ? 2 : 1;
        return new IdlToken(IdlTokenKind.Symbol, text[start.._position]);
    }

    /// <summary>A number may have an exponent with a sign.</summary>
    private string ReadNumber()
    {
        var start = _position;
        while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] == '.' ||
            (text[_position] is '+' or '-' && text[_position - 1] is 'e' or 'E' && !text.AsSpan(start).StartsWith("0x"))))
            _position++;
        return text[start.._position];
    }

    private string ReadLiterals()
    {
        var value = new StringBuilder();
        while (_position < text.Length && text[_position] is '"' or '\'' or 'L')
        {
            if (text[_position] == 'L')
            {
                if (_position + 1 == text.Length || text[_position + 1] is not ('"' or '\''))
                    break;
                _position++;
            }

            ReadLiteral(value);
            SkipBlanks();
        }

        return value.ToString();
    }

    private void ReadLiteral(StringBuilder value)
    {
        var quote = text[_position++];
        while (_position < text.Length && text[_position] != quote)
        {
            if (text[_position] == '\\' && _position + 1 < text.Length)
                _position++;
            value.Append(text[_position++]);
        }

        if (_position == text.Length)
            throw new RosMessageException(RosMessageError.DefinitionInvalid, "A string literal of the IDL definition has no end.");
        _position++;
    }

    private string Take(int start, Func<char, bool> belongs)
    {
        while (_position < text.Length && belongs(text[_position]))
            _position++;
        return text[start.._position];
    }

    private void SkipBlanks()
    {
        while (_position < text.Length)
        {
            var rest = text.AsSpan(_position);
            if (char.IsWhiteSpace(rest[0]))
                _position++;
            else if (rest[0] == '#' || rest.StartsWith("//"))
                Skip(rest.IndexOf('\n'));
            else if (rest.StartsWith("/*"))
                Skip(rest.IndexOf("*/") is >= 0 and var end ? end + 2 : -1);
            else
                break;
        }
    }

    private void Skip(int length) => _position = length < 0 ? text.Length : _position + length;
}
