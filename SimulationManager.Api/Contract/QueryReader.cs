using System.Globalization;

namespace SimulationManager.Api.Contract;

/// <summary>Reads query parameters under any of their spellings and collects what is wrong with them. An empty value counts as absent.</summary>
public sealed class QueryReader(IQueryCollection query)
{
    private readonly List<FieldProblem> _problems = [];

    /// <summary>A whole number within limits.</summary>
    public int Integer(int fallback, int min, int max, params ReadOnlySpan<string> names)
    {
        if (Text(names) is not { } text) return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        _problems.Add(new FieldProblem(names[0], Messages.FieldRange, min, max));
        return fallback;
    }

    /// <summary>One of the given words, whatever its letter case.</summary>
    public T? Word<T>(IReadOnlyDictionary<string, T> words, params ReadOnlySpan<string> names) where T : struct
    {
        if (Text(names) is not { } text) return null;
        if (words.TryGetValue(text, out var value)) return value;
        _problems.Add(new FieldProblem(names[0], Messages.FieldOneOf, string.Join(", ", words.Keys)));
        return null;
    }

    /// <summary>A day, <c>YYYY-MM-DD</c>.</summary>
    public DateOnly? Day(params ReadOnlySpan<string> names)
    {
        if (Text(names) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        _problems.Add(new FieldProblem(names[0], Messages.FieldDay));
        return null;
    }

    /// <summary>An id.</summary>
    public long? Id(params ReadOnlySpan<string> names)
    {
        if (Text(names) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0) return id;
        _problems.Add(new FieldProblem(names[0], Messages.FieldId));
        return null;
    }

    /// <summary>Notes a problem that only the caller can see.</summary>
    public void Add(string name, string messageKey, params object[] arguments) =>
        _problems.Add(new FieldProblem(name, messageKey, arguments));

    /// <summary>Ends the reading.</summary>
    /// <exception cref="RefusalException">A parameter was not valid (400).</exception>
    public void EnsureValid()
    {
        if (_problems.Count > 0) throw Refuse.Invalid(_problems);
    }

    private string? Text(ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (query.TryGetValue(name, out var values) && values.Count > 0 && !string.IsNullOrWhiteSpace(values[^1]))
                return values[^1]!.Trim();
        }

        return null;
    }
}
