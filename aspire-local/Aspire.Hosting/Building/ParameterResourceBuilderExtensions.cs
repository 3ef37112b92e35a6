using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Values from outside.</summary>
public static class ParameterResourceBuilderExtensions
{
    private const int GeneratedLength = 22;

    /// <summary>A value that configuration has to give as <c>Parameters:&lt;name&gt;</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ParameterResource(name, fallback => Configured(builder.Configuration, name, fallback), secret));
    }

    /// <summary>A value that is known, unless configuration gives another one.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(value);
        if (publishValueAsDefault && secret)
            throw new ArgumentException("A parameter cannot be both secret and published as a default value.", nameof(secret));
        var parameter = new ParameterResource(name, _ => Find(builder.Configuration, name) ?? value, secret);
        if (publishValueAsDefault)
            parameter.Default = new ConstantParameterDefault(value);
        return builder.AddResource(parameter);
    }

    /// <summary>A value that is made up when configuration has none; <paramref name="persist"/> keeps it in the AppHost's user secrets.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(value);
        return builder.AddResource(WithDefault(builder, name, secret, persist ? Kept(builder, name, value) : value));
    }

    /// <summary>A secret that is generated once and kept in the AppHost's user secrets. It is no resource of the model until something refers to it.</summary>
    internal static ParameterResource CreateDefaultPasswordParameter(IDistributedApplicationBuilder builder, string name, bool special = true) =>
        WithDefault(builder, name, secret: true, Kept(builder, name, new GenerateParameterDefault { MinLength = GeneratedLength, Special = special }));

    private static ParameterResource WithDefault(IDistributedApplicationBuilder builder, string name, bool secret, ParameterDefault value) =>
        new(name, fallback => Configured(builder.Configuration, name, fallback), secret) { Default = value };

    private static ParameterDefault Kept(IDistributedApplicationBuilder builder, string name, ParameterDefault value) =>
        builder.ExecutionContext.IsRunMode && UserSecretsFile.Of(builder.AppHostAssembly) is { } secrets
            ? new KeptParameterDefault(secrets, name, value)
            : value;

    private static string Configured(IConfiguration configuration, string name, ParameterDefault? fallback) =>
        Find(configuration, name)
        ?? fallback?.GetDefaultValue()
        ?? throw new MissingParameterValueException(
            $"Parameter resource could not be used because configuration key 'Parameters:{name}' is missing and the Parameter has no default value.");

    // Environment variables cannot have hyphens in their names, so an underscore stands for one.
    private static string? Find(IConfiguration configuration, string name) =>
        configuration[$"Parameters:{name}"] ?? configuration[$"Parameters:{name.Replace('-', '_')}"];
}

internal sealed class ConstantParameterDefault(string value) : ParameterDefault
{
    public override string GetDefaultValue() => value;

    public override void WriteToManifest(Publishing.ManifestPublishingContext context) => context.Writer.WriteString("value", value);
}

/// <summary>A default that stays the same from one run to the next.</summary>
internal sealed class KeptParameterDefault(UserSecretsFile secrets, string name, ParameterDefault inner) : ParameterDefault
{
    public override string GetDefaultValue() => secrets.GetOrAdd($"Parameters:{name}", inner.GetDefaultValue);

    public override void WriteToManifest(Publishing.ManifestPublishingContext context) => inner.WriteToManifest(context);
}
