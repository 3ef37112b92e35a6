using System.Buffers;

namespace SimulationManager.RosMessages;

/// <summary>Names of message types. Everywhere in this library they are <c>package/msg/Type</c>, <c>/srv/</c> or <c>/action/</c>.</summary>
internal static class TypeName
{
    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    /// <summary>The full name of <c>package/Type</c> or <c>package/msg/Type</c>.</summary>
    /// <exception cref="RosMessageException">It is no name of a message type.</exception>
    public static string Normalize(string name)
    {
        var parts = name.Split('/');
        if (parts.Length is < 2 or > 3 || !Array.TrueForAll(parts, part => IsIdentifier(part)))
            throw new RosMessageException(RosMessageError.DefinitionInvalid, $"'{Shorten(name)}' is not the name of a message type (package/msg/Type).");
        return parts.Length == 3 ? name : $"{parts[0]}/msg/{parts[1]}";
    }

    /// <summary>The full name that a reference has in the definition of a type of <paramref name="package"/>.</summary>
    public static string Resolve(string reference, string package) => Normalize(reference.Contains('/', StringComparison.Ordinal) ? reference : $"{package}/{reference}");

    public static string PackageOf(string name) => name[..name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>
    /// The service or action that a type such as <c>package/srv/Type_Request</c> or <c>package/action/Type_SendGoal_Event</c> is
    /// generated from: names of services and actions have no underscore (rosidl_adapter, VALID_MESSAGE_NAME_PATTERN).
    /// </summary>
    public static string InterfaceOf(string name)
    {
        var last = name.LastIndexOf('/') + 1;
        var underscore = name.IndexOf('_', last);
        return underscore < 0 || name.Contains("/msg/", StringComparison.Ordinal) ? name : name[..underscore];
    }

    public static bool IsIdentifier(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= DefinitionLimits.MaxNameLength && !char.IsAsciiDigit(text[0]) && !text.ContainsAnyExcept(s_nameCharacters);

    /// <summary>Text of a definition, short enough for an error message.</summary>
    public static string Shorten(ReadOnlySpan<char> text) => text.Length <= 80 ? text.ToString() : $"{text[..80]}…";
}
