using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>
/// Turns values into placeholders, and remembers what they refer to: parameters that are not part of the model,
/// parameters in another encoding, and conditional expressions all become entries of their own.
/// </summary>
internal sealed class ManifestReferences
{
    private readonly HashSet<(ParameterResource Parameter, string Format)> _encoded = [];

    public List<ParameterResource> Parameters { get; } = [];

    public List<ReferenceExpression> Conditionals { get; } = [];

    public string Placeholder(object value) => value switch
    {
        string text => text,
        ReferenceExpression expression => Expression(expression),
        ParameterResource parameter => Parameter(parameter, null),
        IValueProvider and IManifestExpressionProvider provider => Provider((IManifestExpressionProvider)provider),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new DistributedApplicationException($"Unsupported value type: {value.GetType()}"),
    };

    /// <summary>The other encodings in which a parameter is used.</summary>
    public IEnumerable<string> EncodingsOf(ParameterResource parameter) =>
        _encoded.Where(use => ReferenceEquals(use.Parameter, parameter)).Select(use => use.Format).Order(StringComparer.Ordinal);

    public static string EncodedName(ParameterResource parameter, string format) => $"{parameter.Name}-{format}-encoded";

    private string Provider(IManifestExpressionProvider provider)
    {
        foreach (var reference in (provider as IValueWithReferences)?.References ?? [])
            if (reference is ParameterResource parameter)
                Parameter(parameter, null);
        return provider.ValueExpression;
    }

    private string Expression(ReferenceExpression expression)
    {
        if (expression.IsConditional)
        {
            if (Conditionals.All(known => known.Name != expression.Name))
                Conditionals.Add(expression);
            return expression.ValueExpression;
        }
        var parts = expression.ValueProviders.Select((provider, index) => provider is ParameterResource parameter
            ? Parameter(parameter, expression.StringFormats[index])
            : Placeholder(provider));
        return string.Format(CultureInfo.InvariantCulture, expression.Format, [.. parts]);
    }

    private string Parameter(ParameterResource parameter, string? format)
    {
        if (!Parameters.Contains(parameter))
            Parameters.Add(parameter);
        if (string.IsNullOrEmpty(format))
            return parameter.ValueExpression;
        _encoded.Add((parameter, format));
        return $"{{{EncodedName(parameter, format)}.value}}";
    }
}
