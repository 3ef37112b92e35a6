namespace SimulationManager.RosMessages;

/// <summary>A message type together with every type that it uses. Immutable; shared freely.</summary>
public sealed class MessageSchema
{
    private const string UnknownEncoding = "unknown";

    private readonly Dictionary<string, MessageType> _types;

    private MessageSchema(Dictionary<string, MessageType> types, IReadOnlyList<MessageType> ordered)
    {
        _types = types;
        Types = ordered;
    }

    /// <summary>The type itself.</summary>
    public MessageType Root => Types[0];

    /// <summary>The type and those that it uses; each comes before those that it uses itself.</summary>
    public IReadOnlyList<MessageType> Types { get; }

    /// <summary>Reads a definition as a bag carries it.</summary>
    /// <param name="type">
    /// The type that is asked for: <c>package/msg/Type</c> or <c>package/Type</c>; or one that is generated from the service or
    /// action that the text defines, such as <c>package/srv/Type_Event</c> or <c>package/action/Type_FeedbackMessage</c>.
    /// </param>
    /// <param name="text">
    /// The definition with those of the types that it uses: table <c>message_definitions</c> of sqlite3 bags, schemas of MCAP files.
    /// Types that it lacks are taken from <see cref="BuiltInDefinitions"/>.
    /// </param>
    /// <param name="encoding">
    /// <c>ros2msg</c> or <c>ros2idl</c>; counts only for text that does not say what it is. Text that rosbag2 stores as
    /// <c>unknown</c> is read as <c>ros2msg</c> if there is any; else the type is taken from <see cref="BuiltInDefinitions"/>.
    /// </param>
    /// <exception cref="RosMessageException">
    /// The text is no definition, is larger or deeper than is accepted, lacks a type, or a type contains itself.
    /// </exception>
    public static MessageSchema Parse(string type, string text, string encoding = "ros2msg")
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(text);
        var name = TypeName.Normalize(type);
        var types = new Dictionary<string, MessageType>(StringComparer.Ordinal);
        var sections = encoding == UnknownEncoding && text.AsSpan().IsWhiteSpace() ? [] : DefinitionSection.Split(name, text, encoding);
        // Of one type, text counts before none: rosbag2 leaves the heading of a .msg that it did not find, followed by the same type in IDL.
        foreach (var section in sections.OrderBy(section => section.Body.AsSpan().IsWhiteSpace()))
        {
            foreach (var defined in section.Language == DefinitionLanguage.Idl ? IdlParser.Parse(section.Body) : MsgParser.Parse(section))
                types.TryAdd(defined.Name, defined);
            if (types.Count > DefinitionLimits.MaxTypes)
                throw DefinitionLimits.TooLarge($"The definition of {name} has more than {DefinitionLimits.MaxTypes} types.");
        }

        GeneratedTypes.AddTo(types);
        return Resolve(name, types, RosDistro.Kilted);
    }

    /// <summary>The definition of a type that the schema uses.</summary>
    internal MessageType Find(string name) => _types[name];

    internal static MessageSchema Resolve(string name, Dictionary<string, MessageType> defined, RosDistro distro)
    {
        var resolver = new Resolver(defined, distro);
        resolver.Visit(name, usedBy: null, depth: 0);
        resolver.Ordered.Reverse();
        return new MessageSchema(resolver.Resolved, resolver.Ordered);
    }

    /// <summary>Walks the types that a type uses: depth first, so that one that is met while it is still open contains itself.</summary>
    private sealed class Resolver(Dictionary<string, MessageType> defined, RosDistro distro)
    {
        private const int Open = 0;

        /// <summary>How many types lie below each, itself included; walks of messages recurse as deep.</summary>
        private readonly Dictionary<string, int> _heights = new(StringComparer.Ordinal);

        public Dictionary<string, MessageType> Resolved { get; } = new(StringComparer.Ordinal);

        public List<MessageType> Ordered { get; } = [];

        public int Visit(string name, string? usedBy, int depth)
        {
            if (_heights.TryGetValue(name, out var height))
                return height != Open ? height : throw new RosMessageException(RosMessageError.DefinitionRecursive, $"{name} contains itself.");
            _heights.Add(name, Open);
            var type = Load(name, usedBy);
            height = 1;
            foreach (var field in type.Fields)
            {
                if (field.Type.Kind == FieldKind.Message && depth < DefinitionLimits.MaxDepth)
                    height = Math.Max(height, 1 + Visit(field.Type.MessageName, name, depth + 1));
            }

            if (depth == DefinitionLimits.MaxDepth || height > DefinitionLimits.MaxDepth)
                throw DefinitionLimits.TooLarge($"{name} has more than {DefinitionLimits.MaxDepth} types in each other.");
            _heights[name] = height;
            Resolved.Add(name, type);
            Ordered.Add(type);
            if (Ordered.Count > DefinitionLimits.MaxTypes)
                throw DefinitionLimits.TooLarge($"{name} uses more than {DefinitionLimits.MaxTypes} types.");
            return height;
        }

        private MessageType Load(string name, string? usedBy)
        {
            if (defined.GetValueOrDefault(name) is { } inText)
                return inText;
            if (BuiltInDefinitions.Load(name, distro) is { } builtIn)
                return builtIn;
            throw new RosMessageException(RosMessageError.TypeUnknown,
                usedBy is null ? $"There is no definition of {name}." : $"There is no definition of {name}, which {usedBy} uses.");
        }
    }
}
