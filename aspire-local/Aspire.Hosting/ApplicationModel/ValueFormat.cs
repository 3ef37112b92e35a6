using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a value is written into an expression.</summary>
internal static class ValueFormat
{
    public const string Uri = "uri";

    public static string Apply(string value, string? format) => format?.ToLowerInvariant() switch
    {
        null or "" => value,
        Uri => System.Uri.EscapeDataString(value),
        _ => throw new FormatException($"The format '{format}' is not known. The only one is '{Uri}'."),
    };
}

/// <summary>The name under which the manifest lists a conditional expression: readable, and unique by a hash of all of its parts.</summary>
internal static partial class ConditionalName
{
    public static string Of(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
    {
        var expression = (condition as IManifestExpressionProvider)?.ValueExpression;
        var hash = new XxHash32();
        foreach (var part in (string[])[expression ?? condition.GetType().Name, whenTrue.ValueExpression, whenFalse.ValueExpression, matchValue])
            hash.Append(Encoding.UTF8.GetBytes(part));
        var readable = NotInName().Replace(expression ?? "", "-").Trim('-').ToLowerInvariant();
        return $"cond-{(readable.Length > 0 ? readable : "expr")}-{Convert.ToHexStringLower(hash.GetCurrentHash())}";
    }

    [GeneratedRegex("[^a-zA-Z0-9]+")]
    private static partial Regex NotInName();
}
