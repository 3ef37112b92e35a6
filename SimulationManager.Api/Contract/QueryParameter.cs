using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace SimulationManager.Api.Contract;

/// <summary>Another spelling of a query parameter.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AlsoAsAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>A day that must not be later than another parameter's.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotAfterAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>A query parameter or header of an endpoint, as the type and the annotations of the handler's parameter describe it.</summary>
internal sealed class QueryParameter
{
    private readonly Type _type;
    private readonly RangeAttribute? _range;

    private QueryParameter(ParameterInfo parameter, string name, bool isHeader)
    {
        Name = name;
        IsHeader = isHeader;
        Alias = parameter.GetCustomAttribute<AlsoAsAttribute>()?.Name;
        Latest = parameter.GetCustomAttribute<NotAfterAttribute>()?.Name;
        Words = parameter.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? [.. allowed.Values.OfType<string>()] : null;
        _type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        _range = parameter.GetCustomAttribute<RangeAttribute>();
    }

    public string Name { get; }

    public bool IsHeader { get; }

    /// <summary>Its other spelling.</summary>
    public string? Alias { get; }

    /// <summary>The parameter whose day this one's must not be later than.</summary>
    public string? Latest { get; }

    /// <summary>The words that it takes, whatever their letter case; null when it takes others.</summary>
    public IReadOnlyList<string>? Words { get; }

    /// <summary>Describes a handler's parameter; null when it comes from neither the query nor a header.</summary>
    public static QueryParameter? Of(ParameterInfo parameter)
    {
        var attributes = parameter.GetCustomAttributes(inherit: true);
        if (attributes.OfType<IFromQueryMetadata>().FirstOrDefault() is { } query) return new(parameter, query.Name ?? parameter.Name!, isHeader: false);
        return attributes.OfType<IFromHeaderMetadata>().FirstOrDefault() is { } header ? new(parameter, header.Name ?? parameter.Name!, isHeader: true) : null;
    }

    /// <summary>What a request has for it; an empty value counts as absent, and of several the last one counts.</summary>
    public string? TextIn(HttpRequest request)
    {
        foreach (var name in Alias is null ? [Name] : (string[])[Name, Alias])
        {
            var values = IsHeader ? request.Headers[name] : request.Query[name];
            if (values.Count > 0 && !string.IsNullOrWhiteSpace(values[^1])) return values[^1]!.Trim();
        }

        return null;
    }

    /// <summary>What is wrong with a value; null when it is valid.</summary>
    public FieldProblem? ProblemOf(string text)
    {
        if (Words is not null) return Words.Contains(text, StringComparer.OrdinalIgnoreCase) ? null : new FieldProblem(Name, Messages.FieldOneOf, string.Join(", ", Words));
        if (_type == typeof(int)) return IsNumber(text) ? null : new FieldProblem(Name, Messages.FieldRange, _range!.Minimum, _range.Maximum);
        if (_type == typeof(double)) return IsFraction(text) ? null : new FieldProblem(Name, Messages.FieldRange, _range!.Minimum, _range.Maximum);
        if (_type == typeof(bool)) return bool.TryParse(text, out _) ? null : new FieldProblem(Name, Messages.FieldOneOf, "true, false");
        if (_type == typeof(long)) return IsId(text) ? null : new FieldProblem(Name, Messages.FieldId);
        if (_type == typeof(DateOnly)) return DayOf(text) is null ? new FieldProblem(Name, Messages.FieldDay) : null;
        return null;
    }

    public static DateOnly? DayOf(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private bool IsNumber(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && _range!.IsValid(number);

    private bool IsFraction(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && _range!.IsValid(number);

    private bool IsId(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && _range?.IsValid(id) != false;
}
