namespace SimulationManager.Replay;

/// <summary>Names of ROS 2 topics, as <c>rmw_validate_full_topic_name</c> has them.</summary>
internal static class RosNames
{
    private const int MaxLength = 247;

    /// <summary>Why a text cannot be a topic's full name, as a clause without its subject; null when it can.</summary>
    public static string? ProblemOf(string topic)
    {
        if (topic is not ['/', _, ..]) return "must begin with '/' and a name";
        if (topic.FirstOrDefault(letter => !IsAllowed(letter)) is not '\0' and var wrong) return $"holds '{wrong}': names of ROS have letters, digits, '_' and '/' alone";
        if (topic.Length > MaxLength) return $"is longer than {MaxLength} characters";
        foreach (var part in topic[1..].Split('/'))
        {
            if (part.Length == 0) return "holds an empty part between two slashes or at its end";
            if (char.IsAsciiDigit(part[0])) return $"has the part '{part}', and no part of a ROS name begins with a digit";
        }
        return null;
    }

    /// <summary>A name with <c>_</c> for each character that names of ROS do not have.</summary>
    public static string Fit(string name) => string.Create(name.Length, name, (target, source) =>
    {
        for (var i = 0; i < source.Length; i++) target[i] = IsAllowed(source[i]) ? source[i] : '_';
    });

    private static bool IsAllowed(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '/';
}
