using System.Globalization;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>Names of MQTT topics (MQTT 5, 4.7), and the patterns that they are made from.</summary>
internal static class MqttTopics
{
    private const int MaxBytes = 65_535;

    /// <summary>Why a topic cannot be published to, as a clause without its subject; null when it can. An empty one can, as a part of another.</summary>
    public static string? ProblemOf(string topic)
    {
        if (topic.AsSpan().ContainsAny('+', '#')) return "holds '+' or '#', which MQTT reserves for subscriptions";
        if (topic.Any(char.IsControl)) return "holds a control character";
        if (topic.Any(char.IsSurrogate) && topic.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar)) return "is no valid Unicode";
        return Encoding.UTF8.GetByteCount(topic) > MaxBytes ? $"is longer than {MaxBytes} bytes" : null;
    }

    /// <summary>Why a topic filter cannot be subscribed to (MQTT 5, 4.7.1), as a clause without its subject; null when it can.</summary>
    public static string? ProblemOfFilter(string filter)
    {
        if (filter.StartsWith("$share/", StringComparison.Ordinal)) return "is a shared subscription, which takes messages away from the others that share it";
        var levels = filter.Split('/');
        if (levels.Any(level => level.Contains('+', StringComparison.Ordinal) && level != "+")) return "holds a '+' that is not a whole level: a/+/b";
        if (levels.Index().Any(level => level.Item.Contains('#', StringComparison.Ordinal) && (level.Item != "#" || level.Index < levels.Length - 1))) return "holds a '#' that is not its last level: a/b/#";
        return ProblemOf(filter.Replace('+', '_').Replace('#', '_'));
    }

    /// <summary>Whether a text is a pattern whose names are all known, and that holds one of some texts.</summary>
    public static bool IsPattern(string pattern, params ReadOnlySpan<string> oneOf)
    {
        var holds = false;
        foreach (var text in oneOf) holds |= pattern.Contains(text, StringComparison.Ordinal);
        return holds && ProblemOf(pattern) is null && TryExpand(pattern, "1", "a", 1, "t", out _);
    }

    /// <summary>The text that a valid pattern stands for.</summary>
    public static string Expand(string pattern, string simulation, string agent, long number, string topic = "") =>
        TryExpand(pattern, simulation, agent, number, topic, out var text) ? text : throw new FormatException($"'{pattern}' is not a pattern.");

    private static bool TryExpand(string pattern, string simulation, string agent, long number, string topic, out string text)
    {
        var output = new StringBuilder();
        text = "";
        for (var rest = pattern.AsSpan(); rest.Length > 0;)
        {
            var open = rest.IndexOf('{');
            var literal = open < 0 ? rest : rest[..open];
            if (literal.Contains('}')) return false;
            output.Append(literal);
            if (open < 0) break;
            var close = rest.IndexOf('}');
            if (close < open || Value(rest[(open + 1)..close], simulation, agent, number, topic) is not { } value) return false;
            output.Append(value);
            rest = rest[(close + 1)..];
        }
        text = output.ToString();
        return true;
    }

    private static string? Value(ReadOnlySpan<char> name, string simulation, string agent, long number, string topic) => name switch
    {
        "simulation" => simulation,
        "agent" => agent,
        "topic" => topic,
        "n" => number.ToString(CultureInfo.InvariantCulture),
        ['n', ':', .. var zeros] when zeros.Length is > 0 and < 20 && zeros.IndexOfAnyExcept('0') < 0 => number.ToString(zeros.ToString(), CultureInfo.InvariantCulture),
        _ => null,
    };
}
