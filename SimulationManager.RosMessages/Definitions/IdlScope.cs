namespace SimulationManager.RosMessages;

/// <summary>The modules around a declaration and what has been declared so far. Paths are joined with <c>/</c>.</summary>
internal sealed class IdlScope
{
    private const int MaxModules = 8;

    private readonly List<string> _modules = [];
    private readonly Dictionary<string, FieldType> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MessageConstant> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MessageConstant>> _constantsByModule = new(StringComparer.Ordinal);

    public void Open(string module)
    {
        _modules.Add(module);
        if (_modules.Count > MaxModules)
            throw DefinitionLimits.TooLarge($"The IDL definition has more than {MaxModules} modules in each other.");
    }

    public void Close() => _modules.RemoveAt(_modules.Count - 1);

    public string PathOf(string name) => string.Join('/', _modules.Append(name));

    public void Add(string name, FieldType type) => _types[PathOf(name)] = type;

    public void Add(string name, MessageConstant constant)
    {
        _constants[PathOf(name)] = constant;
        var module = string.Join('/', _modules);
        if (!_constantsByModule.TryGetValue(module, out var constants))
            _constantsByModule.Add(module, constants = []);
        constants.Add(constant);
    }

    /// <summary>The constants of a module.</summary>
    public List<MessageConstant> Constants(string module) => _constantsByModule.GetValueOrDefault(module, []);

    /// <summary>A typedef or enumeration, looked for from the innermost module outwards; else the message type of that name.</summary>
    public FieldType FindType(string name)
    {
        if (Find(_types, name) is { } known)
            return known;
        var path = name.Contains('/', StringComparison.Ordinal) ? name : PathOf(name);
        return new FieldType { Kind = FieldKind.Message, MessageName = TypeName.Normalize(path) };
    }

    public MessageConstant FindConstant(string name) =>
        Find(_constants, name) ?? throw new RosMessageException(RosMessageError.DefinitionInvalid, $"There is no constant {name} (IDL).");

    private T? Find<T>(Dictionary<string, T> declared, string name)
        where T : class
    {
        for (var depth = _modules.Count; depth >= 0; depth--)
        {
            if (declared.TryGetValue(string.Join('/', _modules.Take(depth).Append(name)), out var found))
                return found;
        }

        return null;
    }
}
