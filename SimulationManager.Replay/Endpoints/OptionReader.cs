using System.Collections.Specialized;
using System.Globalization;

namespace SimulationManager.Replay;

/// <summary>Reads the options of an address, and remembers the first problem with them. Options that nobody asked for are one.</summary>
internal sealed class OptionReader(NameValueCollection options)
{
    private const int MaxLength = 200;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private string? _problem;

    /// <summary>What is wrong; null when nothing is. After all options were asked for.</summary>
    public string? Problem() => _problem ?? options.AllKeys
        .Where(name => name is null || !_known.Contains(name))
        .Select(name => $"the option '{name}' is not known; known are {string.Join(", ", _known.Order(StringComparer.Ordinal))}")
        .FirstOrDefault();

    public string? Text(string name, Func<string, bool> isValid, string expected)
    {
        if (Find(name) is not { } value) return null;
        return isValid(value) ? value : Wrong<string>(name, expected);
    }

    public bool Flag(string name, bool otherwise) => Find(name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => Wrong<bool>(name, "true or false"),
    };

    public int Number(string name, int otherwise, int min, int max)
    {
        if (Find(name) is not { } value) return otherwise;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : Wrong<int>(name, $"a number from {min} to {max}");
    }

    public double Real(string name, double otherwise, double min, double max)
    {
        if (Find(name) is not { } value) return otherwise;
        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : Wrong<double>(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
    }

    public T OneOf<T>(string name, T otherwise)
        where T : struct, Enum
    {
        if (Find(name) is not { } value) return otherwise;
        foreach (var choice in Enum.GetValues<T>())
        {
            if (value.Equals(choice.ToString(), StringComparison.OrdinalIgnoreCase)) return choice;
        }
        return Wrong<T>(name, string.Join(", ", Enum.GetNames<T>().Select(word => word.ToLowerInvariant())));
    }

    /// <summary>Remembers a problem unless there was one.</summary>
    public T? Wrong<T>(string name, string expected)
    {
        _problem ??= $"the option '{name}' must be {expected}";
        return default;
    }

    private string? Find(string name)
    {
        _known.Add(name);
        var values = options.GetValues(name);
        if (values is null) return null;
        if (values is [{ Length: <= MaxLength } value]) return value;
        return Wrong<string>(name, $"given once, with at most {MaxLength} characters");
    }
}
