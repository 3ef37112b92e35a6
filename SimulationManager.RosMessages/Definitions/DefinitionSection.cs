namespace SimulationManager.RosMessages;

/// <summary>The languages that definitions are written in.</summary>
internal enum DefinitionLanguage
{
    Msg,
    Srv,
    Action,
    Idl,
}

/// <summary>
/// One definition of the text that a bag carries: the asked-for type, then the types that it uses, each behind a line of
/// <c>=</c> and a line <c>MSG: package/Type</c> (or <c>SRV:</c>, <c>ACTION:</c>, <c>IDL:</c>), as rosbag2's
/// <c>LocalMessageDefinitionSource</c> writes them. A service's text begins with such lines, too.
/// </summary>
internal readonly record struct DefinitionSection(string Name, DefinitionLanguage Language, string Body)
{
    private const int SeparatorLength = 2;

    public static List<DefinitionSection> Split(string rootName, string text, string encoding)
    {
        if (text.Length > DefinitionLimits.MaxTextLength)
            throw DefinitionLimits.TooLarge($"The definition of {rootName} has {text.Length} characters; at most {DefinitionLimits.MaxTextLength} are read.");
        var sections = new List<DefinitionSection>();
        var rest = text.AsSpan();
        var body = TakeBody(ref rest);
        while (rest.Length > 0)
        {
            var (language, name) = ParseHeader(TakeLine(ref rest).Trim());
            sections.Add(new DefinitionSection(TypeName.Normalize(WithNamespace(name, language)), language, TakeBody(ref rest).ToString()));
            if (sections.Count > DefinitionLimits.MaxTypes)
                throw DefinitionLimits.TooLarge($"The definition of {rootName} has more than {DefinitionLimits.MaxTypes} types.");
        }

        var interfaceName = TypeName.InterfaceOf(rootName);
        if (!body.IsWhiteSpace() || !sections.Exists(section => section.Name == rootName || section.Name == interfaceName))
            sections.Insert(0, Root(rootName, interfaceName, body, encoding));
        return sections;
    }

    /// <summary>The text before the first header. A service's may be asked for by a type that is generated from it.</summary>
    private static DefinitionSection Root(string name, string interfaceName, ReadOnlySpan<char> body, string encoding)
    {
        if (encoding == "ros2idl")
            return new DefinitionSection(name, DefinitionLanguage.Idl, body.ToString());
        var separators = 0;
        foreach (var line in body.EnumerateLines())
            separators += line.TrimEnd().SequenceEqual("---") ? 1 : 0;
        return separators switch
        {
            0 => new DefinitionSection(name, DefinitionLanguage.Msg, body.ToString()),
            1 => new DefinitionSection(interfaceName, DefinitionLanguage.Srv, body.ToString()),
            _ => new DefinitionSection(interfaceName, DefinitionLanguage.Action, body.ToString()),
        };
    }

    private static bool IsHeader(ReadOnlySpan<char> line) =>
        line.StartsWith("MSG:") || line.StartsWith("SRV:") || line.StartsWith("IDL:") || line.StartsWith("ACTION:");

    private static (DefinitionLanguage Language, string Name) ParseHeader(ReadOnlySpan<char> header)
    {
        if (!IsHeader(header))
            throw new RosMessageException(RosMessageError.DefinitionInvalid, $"After a line of '=' comes 'MSG: package/Type', not '{TypeName.Shorten(header)}'.");
        var colon = header.IndexOf(':');
        var language = header[0] switch { 'M' => DefinitionLanguage.Msg, 'S' => DefinitionLanguage.Srv, 'A' => DefinitionLanguage.Action, _ => DefinitionLanguage.Idl };
        return (language, header[(colon + 1)..].Trim().ToString());
    }

    private static string WithNamespace(string name, DefinitionLanguage language) => (language, name.Split('/')) switch
    {
        (DefinitionLanguage.Srv, [var package, var type]) => $"{package}/srv/{type}",
        (DefinitionLanguage.Action, [var package, var type]) => $"{package}/action/{type}",
        _ => name,
    };

    /// <summary>Everything up to the next separator, which is taken as well.</summary>
    private static ReadOnlySpan<char> TakeBody(ref ReadOnlySpan<char> rest)
    {
        var start = rest;
        while (rest.Length > 0)
        {
            var before = start.Length - rest.Length;
            var line = TakeLine(ref rest).Trim();
            if (line.Length >= SeparatorLength && !line.ContainsAnyExcept('='))
                return start[..before];
        }

        return start;
    }

    private static ReadOnlySpan<char> TakeLine(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf('\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return line;
    }
}
