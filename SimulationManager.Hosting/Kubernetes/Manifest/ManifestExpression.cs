using System.Text;

namespace SimulationManager.Hosting.Kubernetes.Manifest;

/// <summary>A piece of a manifest string: literal text, or a reference such as <c>postgres.bindings.tcp.host</c>.</summary>
/// <param name="Text">The text, or the reference without its braces.</param>
/// <param name="IsReference">Which of the two it is.</param>
public readonly record struct ExpressionPart(string Text, bool IsReference);

/// <summary>Takes a manifest string apart: <c>{…}</c> is a reference, <c>{{</c> and <c>}}</c> are braces.</summary>
public static class ManifestExpression
{
    /// <summary>The parts in order; adjacent literals are one part.</summary>
    /// <exception cref="GenerationException">A brace is not closed.</exception>
    public static IReadOnlyList<ExpressionPart> Parse(string expression)
    {
        var parts = new List<ExpressionPart>();
        var literal = new StringBuilder();
        for (var at = 0; at < expression.Length; at++)
        {
            var character = expression[at];
            var doubled = at + 1 < expression.Length && expression[at + 1] == character;
            if (character is '{' or '}' && doubled)
            {
                literal.Append(character);
                at++;
            }
            else if (character == '{')
            {
                var end = expression.IndexOf('}', at);
                if (end < 0) throw new GenerationException($"'{expression}' opens a brace that it does not close.");
                if (literal.Length > 0) parts.Add(new ExpressionPart(literal.ToString(), false));
                literal.Clear();
                parts.Add(new ExpressionPart(expression[(at + 1)..end], true));
                at = end;
            }
            else
            {
                literal.Append(character);
            }
        }

        if (literal.Length > 0) parts.Add(new ExpressionPart(literal.ToString(), false));
        return parts;
    }

    /// <summary>Splits a reference into the resource's name and the rest: <c>postgres</c> and <c>bindings.tcp.host</c>.</summary>
    public static (string Resource, string Property) Split(string reference)
    {
        var dot = reference.IndexOf('.', StringComparison.Ordinal);
        return dot < 0
            ? throw new GenerationException($"'{{{reference}}}' names no property of its resource.")
            : (reference[..dot], reference[(dot + 1)..]);
    }
}
