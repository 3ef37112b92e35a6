using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SimulationManager.Core.Model;

/// <summary>
/// A regular expression that whole topic names match or do not, as with <c>ros2 bag play --regex</c>. It takes time in proportion to the name, whatever
/// the expression: it has no look-arounds, backreferences or atomic groups (<see cref="RegexOptions.NonBacktracking"/>).
/// </summary>
public sealed class TopicPattern
{
    /// <summary>Longest expression, characters.</summary>
    public const int MaxLength = 1000;

    private readonly Regex _regex;

    private TopicPattern(Regex regex) => _regex = regex;

    /// <summary>Reads an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="pattern">What it means.</param>
    /// <param name="problem">What is wrong with it, in English.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TopicPattern? pattern, [NotNullWhen(false)] out string? problem)
    {
        (pattern, problem) = (null, null);
        try
        {
            if (text.Length > MaxLength) throw new ArgumentException($"It has more than {MaxLength} characters.", nameof(text));
            // By itself first: "a)|(b" is none, but would become one.
            _ = Create(text);
            pattern = new TopicPattern(Create($@"\A(?:{text})\z"));
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            problem = exception.Message;
            return false;
        }
    }

    /// <summary>An expression that was checked before; null for null.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    [return: NotNullIfNotNull(nameof(text))]
    public static TopicPattern? Parse(string? text) =>
        text is null ? null : TryParse(text, out var pattern, out var problem) ? pattern : throw new FormatException($"'{text}' is no pattern of topic names. {problem}");

    /// <summary>Whether the whole name matches.</summary>
    public bool Matches(string topic) => _regex.IsMatch(topic);

    private static Regex Create(string text) => new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
