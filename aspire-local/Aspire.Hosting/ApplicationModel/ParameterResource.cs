namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is given from outside (configuration <c>Parameters:&lt;name&gt;</c>) or generated once and kept.</summary>
public class ParameterResource : Resource, IExpressionValue
{
    private readonly Lazy<string> _value;

    /// <param name="name">Name of the resource and of its configuration key.</param>
    /// <param name="callback">Finds the value; given the default, if there is one.</param>
    /// <param name="secret">True: the value is never shown.</param>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _value = new(() => callback(Default));
        Secret = secret;
    }

    public ParameterDefault? Default { get; set; }

    public bool Secret { get; }

    public bool IsConnectionString { get; set; }

    public string ValueExpression => IsConnectionString ? $"{{{Name}.connectionString}}" : $"{{{Name}.value}}";

    /// <exception cref="MissingParameterValueException">Nobody gave a value, and there is no default.</exception>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(_value.Value);
}

/// <summary>What a parameter is when nobody gives it a value.</summary>
public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();

    /// <summary>Writes the default into the manifest's <c>default</c> object of the parameter.</summary>
    public abstract void WriteToManifest(Publishing.ManifestPublishingContext context);
}
