using System.Text;

namespace SimulationManager.Replay;

/// <summary>Names as ROS 2 has them, and the DDS names that its middleware makes of them (design article "Topic and Service name mapping to DDS").</summary>
public static class RosNames
{
    /// <summary>DDS names have 255 characters at most, of which ROS keeps some for its prefixes.</summary>
    private const int LongestTopic = 247;

    private const int LongestNode = 255;

    /// <summary>Why a topic's name cannot be used, as a clause without its subject; null when it can.</summary>
    /// <param name="topic">The name, from its first slash on.</param>
    public static string? ProblemOfTopic(string topic)
    {
        if (topic is not ['/', _, ..]) return "must begin with '/' and a name";
        if (topic.FirstOrDefault(letter => letter != '/' && !IsOfName(letter)) is not '\0' and var wrong) return $"holds '{wrong}': names of ROS have letters, digits, '_' and '/' alone";
        if (topic.Length > LongestTopic) return $"is longer than {LongestTopic} characters";
        foreach (var part in topic[1..].Split('/'))
        {
            if (part.Length == 0) return "holds an empty part between two slashes or at its end";
            if (char.IsAsciiDigit(part[0])) return $"has the part '{part}', and no part of a ROS name begins with a digit";
        }
        return null;
    }

    /// <summary>The DDS name of a topic.</summary>
    public static string MangleTopic(string topic) => $"rt{topic}";

    /// <summary>The DDS name of a type such as <c>package/msg/Type</c>; null: it is no name of a type.</summary>
    public static string? MangleType(string type) => type.Split('/') switch
    {
        [var package, var kind, var name] when IsPart(package) && IsPart(kind) && IsPart(name) => $"{package}::{kind}::dds_::{name}_",
        // As ROS 1, and bags that came from it, write it.
        [var package, var name] when IsPart(package) && IsPart(name) => $"{package}::msg::dds_::{name}_",
        _ => null,
    };

    /// <summary>The topic that a DDS name stands for; null: it is none of ROS's topics.</summary>
    public static string? DemangleTopic(string name) => name.StartsWith("rt/", StringComparison.Ordinal) ? name[2..] : null;

    /// <summary>The type that a DDS name stands for, as <c>package/msg/Type</c>; null: it is none of ROS's.</summary>
    public static string? DemangleType(string name) => name.Split("::") switch
    {
        [var package, var kind, "dds_", [.. var type, '_']] when IsPart(package) && IsPart(kind) && IsPart(type) => $"{package}/{kind}/{type}",
        _ => null,
    };

    /// <summary>An agent's name as a part of names: what ROS does not take becomes '_'.</summary>
    public static string Simplify(string agent)
    {
        var name = new StringBuilder();
        foreach (var part in agent.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.Length > 0) name.Append('/');
            if (char.IsAsciiDigit(part[0])) name.Append('_');
            foreach (var letter in part) name.Append(IsOfName(letter) ? letter : '_');
        }
        return name.ToString();
    }

    /// <summary>The namespace and name of an agent's node.</summary>
    /// <param name="agent">Its name, simplified.</param>
    public static (string Namespace, string Name) NodeOf(string agent)
    {
        var slash = agent.LastIndexOf('/');
        var (space, name) = slash < 0 ? ("/", agent) : ($"/{agent[..slash]}", agent[(slash + 1)..]);
        return (space, name.Length > LongestNode ? name[..LongestNode] : name);
    }

    private static bool IsPart(string text) => text.Length > 0 && text.All(IsOfName);

    private static bool IsOfName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';
}
