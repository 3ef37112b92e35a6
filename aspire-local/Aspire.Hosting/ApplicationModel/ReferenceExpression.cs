using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Text with holes that are filled when the application runs, or named by placeholders in the manifest.
/// A conditional expression is one of two others, by the value of a third.
/// </summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    public static readonly ReferenceExpression Empty = new("", [], []);

    private readonly IValueProvider[] _valueProviders;
    private readonly string?[] _stringFormats;

    internal ReferenceExpression(string format, IValueProvider[] valueProviders, string?[] stringFormats)
    {
        Format = format;
        _valueProviders = valueProviders;
        _stringFormats = stringFormats;
    }

    private ReferenceExpression(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
        : this("", [.. whenTrue._valueProviders, .. whenFalse._valueProviders], [.. whenTrue._stringFormats, .. whenFalse._stringFormats])
    {
        (Condition, MatchValue, WhenTrue, WhenFalse) = (condition, matchValue, whenTrue, whenFalse);
        Name = ConditionalName.Of(condition, matchValue, whenTrue, whenFalse);
    }

    /// <summary>Composite format string with one numbered hole for each value provider.</summary>
    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders => _valueProviders;

    /// <summary>For each value provider how its value is written: null as it is, <c>uri</c> percent-encoded.</summary>
    public IReadOnlyList<string?> StringFormats => _stringFormats;

    public IReadOnlyList<string> ManifestExpressions => [.. _valueProviders.Select(provider => ((IManifestExpressionProvider)provider).ValueExpression)];

    public bool IsConditional => Condition is not null;

    public IValueProvider? Condition { get; }

    public string? MatchValue { get; }

    public ReferenceExpression? WhenTrue { get; }

    public ReferenceExpression? WhenFalse { get; }

    /// <summary>What the manifest calls a conditional expression; null for others.</summary>
    internal string? Name { get; }

    public string ValueExpression => IsConditional
        ? $"{{{Name}.connectionString}}"
        : string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => IsConditional ? [Condition!, WhenTrue!, WhenFalse!] : _valueProviders;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    /// <summary><paramref name="whenTrue"/> if the condition's value equals <paramref name="matchValue"/>, whatever the case; else <paramref name="whenFalse"/>.</summary>
    public static ReferenceExpression CreateConditional(
        IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse) =>
        new(condition, matchValue, whenTrue, whenFalse);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        if (Condition is not null)
        {
            var actual = await Condition.GetValueAsync(context, cancellationToken);
            var chosen = string.Equals(actual, MatchValue, StringComparison.OrdinalIgnoreCase) ? WhenTrue! : WhenFalse!;
            return await chosen.GetValueAsync(context, cancellationToken);
        }
        if (Format.Length == 0)
            return null;
        var values = new object?[_valueProviders.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await _valueProviders[i].GetValueAsync(context, cancellationToken);
            values[i] = value is null ? null : ValueFormat.Apply(value, _stringFormats[i]);
        }
        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>Receives the pieces of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        private readonly ExpressionParts _parts;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) => _parts = new(literalLength, formattedCount);

        public void AppendLiteral(string value) => _parts.AddText(value);

        public void AppendFormatted(string? value) => _parts.AddText(value);

        public void AppendFormatted(string? value, string? format = null) => _parts.AddText(value is null ? null : ValueFormat.Apply(value, format));

        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _parts.AddValue(valueProvider, null);

        public void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider => _parts.AddValue(valueProvider, format);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _parts.AddValue(valueProvider.Resource, null);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _parts.AddValue(valueProvider.Resource, format);

        internal ReferenceExpression ToExpression() => _parts.ToExpression();
    }
}

/// <summary>Gathers the text and the holes of an expression.</summary>
internal sealed class ExpressionParts(int literalLength = 0, int formattedCount = 0)
{
    private readonly StringBuilder _format = new(literalLength);
    private readonly List<IValueProvider> _valueProviders = new(formattedCount);
    private readonly List<string?> _stringFormats = new(formattedCount);

    public bool IsEmpty => _format.Length == 0;

    public void AddText(string? text) =>
        _format.Append(text?.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

    public void AddValue(IValueProvider provider, string? format)
    {
        _format.Append('{').Append(_valueProviders.Count.ToString(CultureInfo.InvariantCulture)).Append('}');
        _valueProviders.Add(provider);
        _stringFormats.Add(format);
    }

    public ReferenceExpression ToExpression() => new(_format.ToString(), [.. _valueProviders], [.. _stringFormats]);
}
