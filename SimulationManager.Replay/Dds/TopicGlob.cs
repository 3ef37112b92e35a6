using System.Text.RegularExpressions;

namespace SimulationManager.Replay;

/// <summary>Patterns of ROS names: <c>*</c> stands for any text within a part, <c>**</c> for any text.</summary>
internal static class TopicGlob
{
    /// <summary>Why a text is no name or pattern, as a clause without its subject; null when it is.</summary>
    public static string? ProblemOf(string pattern) => RosNames.ProblemOfTopic(pattern.Replace('*', 'a'));

    /// <summary>What tells whether a name is one of several names and patterns.</summary>
    public static Regex Compile(IEnumerable<string> patterns) => new(
        $"^(?:{string.Join('|', patterns.Select(pattern => Regex.Escape(pattern).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)))})$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
