using System.Globalization;
using Aspire.Hosting.Dashboard.Telemetry;

namespace Aspire.Hosting.Dashboard.Queries;

internal enum ConditionKind { Exists, Equal, NotEqual, Contains, GreaterOrEqual, LessOrEqual }

/// <summary>
/// One condition on an attribute as a person types it: <c>key</c> (is there), <c>key=value</c>, <c>key!=value</c>,
/// <c>key~part</c>, <c>key&gt;=number</c>, <c>key&lt;=number</c>. Text compares without regard to case.
/// </summary>
internal sealed record AttributeCondition(string Key, ConditionKind Kind, string Value)
{
    private static readonly (string Sign, ConditionKind Kind)[] Signs =
        [("!=", ConditionKind.NotEqual), (">=", ConditionKind.GreaterOrEqual), ("<=", ConditionKind.LessOrEqual), ("~", ConditionKind.Contains), ("=", ConditionKind.Equal)];

    /// <summary>Null for a text without a key.</summary>
    public static AttributeCondition? Parse(string text)
    {
        var first = Signs
            .Select(sign => (sign.Sign, sign.Kind, At: text.IndexOf(sign.Sign, StringComparison.Ordinal)))
            .Where(found => found.At >= 0)
            .OrderBy(found => found.At).ThenByDescending(found => found.Sign.Length)
            .FirstOrDefault();
        var key = (first.Sign is null ? text : text[..first.At]).Trim();
        if (key.Length == 0)
            return null;
        return first.Sign is null
            ? new AttributeCondition(key, ConditionKind.Exists, "")
            : new AttributeCondition(key, first.Kind, text[(first.At + first.Sign.Length)..].Trim());
    }

    public static AttributeCondition[] ParseAll(IEnumerable<string?>? texts) =>
        [.. (texts ?? []).Select(text => Parse(text ?? "")).OfType<AttributeCondition>()];

    public override string ToString() => Kind == ConditionKind.Exists ? Key : Key + Signs.First(sign => sign.Kind == Kind).Sign + Value;

    /// <summary>A condition on a key also looks at what the service says of itself.</summary>
    public bool Holds(TelemetryAttribute[] attributes, TelemetrySource source)
    {
        var actual = attributes.Find(Key) ?? source.Attributes.Find(Key);
        return Kind switch
        {
            ConditionKind.Exists => actual is not null,
            ConditionKind.Equal => string.Equals(actual, Value, StringComparison.OrdinalIgnoreCase),
            ConditionKind.NotEqual => !string.Equals(actual, Value, StringComparison.OrdinalIgnoreCase),
            ConditionKind.Contains => actual?.Contains(Value, StringComparison.OrdinalIgnoreCase) == true,
            _ => double.TryParse(actual, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var limit)
                && (Kind == ConditionKind.GreaterOrEqual ? number >= limit : number <= limit),
        };
    }
}
