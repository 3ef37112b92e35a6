using System.Globalization;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>
/// A name that each agent has in its own way, such as <c>robot_{n:000}</c>: <c>{n}</c> is the agent's number, <c>{n:000}</c> the same with at least as many
/// digits as there are zeros; <c>{{</c> and <c>}}</c> are braces. Immutable; what <see cref="Of"/> gives is worth keeping per agent.
/// </summary>
public sealed class AgentPattern : IEquatable<AgentPattern>
{
    /// <summary>Characters of a pattern at most.</summary>
    public const int MaxLength = 256;

    /// <summary>Digits at most, as many as a number can have.</summary>
    public const int MaxDigits = 19;

    private readonly string _pattern;
    private readonly Part[] _parts;

    private AgentPattern(string pattern, Part[] parts) => (_pattern, _parts) = (pattern, parts);

    /// <summary>Whether each agent gets a name of its own.</summary>
    public bool HasNumber => Array.Exists(_parts, part => part.Literal is null);

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">The pattern, 1 to <see cref="MaxLength"/> characters, none of them a control character.</param>
    /// <exception cref="FormatException">It is none; the message says where and why.</exception>
    public static AgentPattern Parse(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Length is 0 or > MaxLength) throw new FormatException($"A pattern has 1 to {MaxLength} characters, not {pattern.Length}.");
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            var character = pattern[i];
            if (char.IsControl(character)) throw Wrong(pattern, i, "a control character");
            if (character is not ('{' or '}'))
            {
                literal.Append(character);
            }
            else if (i + 1 < pattern.Length && pattern[i + 1] == character)
            {
                literal.Append(character);
                i++;
            }
            else
            {
                if (character == '}') throw Wrong(pattern, i, "a '}' without a '{' before it; write '}}' for a brace");
                if (literal.Length > 0) parts.Add(new Part(literal.ToString(), 0));
                literal.Clear();
                var end = pattern.IndexOf('}', i);
                parts.Add(new Part(null, end < 0 ? throw Wrong(pattern, i, "a '{' without a '}' after it; write '{{' for a brace") : Digits(pattern, i, pattern[(i + 1)..end])));
                i = end;
            }
        }

        if (literal.Length > 0) parts.Add(new Part(literal.ToString(), 0));
        return new AgentPattern(pattern, [.. parts]);
    }

    /// <summary>The name of an agent.</summary>
    /// <param name="agent">Its number, 0 or more.</param>
    public string Of(long agent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(agent);
        var name = new StringBuilder(_pattern.Length + MaxDigits);
        foreach (var part in _parts)
        {
            if (part.Literal is { } literal) name.Append(literal);
            else name.Append(agent.ToString($"D{part.Digits}", CultureInfo.InvariantCulture));
        }
        return name.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(AgentPattern? other) => other is not null && _pattern == other._pattern;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgentPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_pattern);

    /// <summary>The pattern as it was written.</summary>
    public override string ToString() => _pattern;

    private static int Digits(string pattern, int position, string field)
    {
        if (field == "n") return 1;
        var zeros = field.StartsWith("n:", StringComparison.Ordinal) ? field[2..] : "";
        if (zeros.Length is > 0 and <= MaxDigits && !zeros.AsSpan().ContainsAnyExcept('0')) return zeros.Length;
        throw Wrong(pattern, position, $"'{{{field}}}'; it can be '{{n}}' or '{{n:000}}', with 1 to {MaxDigits} zeros");
    }

    private static FormatException Wrong(string pattern, int position, string what) =>
        new($"The pattern '{pattern}' has, at character {position + 1}, {what}.");

    /// <param name="Literal">Text; null for the number.</param>
    /// <param name="Digits">Digits of the number at least.</param>
    private sealed record Part(string? Literal, int Digits);
}
