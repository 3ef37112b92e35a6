using System.Globalization;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Manifest;

/// <summary>Resolves the expressions of a manifest to what they are inside the cluster: service names, ports and keys of Secrets.</summary>
public sealed class ManifestResolver(AspireManifest manifest, ClusterSettings settings)
{
    /// <summary>Port of a project's HTTP endpoint when the manifest leaves it to the deployment: what the .NET images listen on, too.</summary>
    public const int DefaultProjectPort = 8080;

    private const string UriSuffix = "-uri-encoded";

    /// <summary>Resolves a string of the manifest.</summary>
    /// <exception cref="GenerationException">It refers to something that is not there.</exception>
    public ResolvedValue Resolve(string expression)
    {
        var value = new ResolvedValue();
        foreach (var part in ManifestExpression.Parse(expression))
        {
            if (part.IsReference) value.Add(ResolveReference(part.Text));
            else value.Add(part.Text);
        }

        return value;
    }

    /// <summary>Whether the string needs an endpoint that pods do not serve: TLS ends at the ingress, so a project's https is none.</summary>
    public bool NeedsMissingEndpoint(string expression) => ManifestExpression.Parse(expression).Any(part =>
        part.IsReference
        && ManifestExpression.Split(part.Text) is var (name, property)
        && property.Split('.') is ["bindings", var binding, ..]
        && manifest.Find(name).Bindings.ContainsKey(binding)
        && PortOf(name, binding) is null);

    /// <summary>The port that a workload's pods listen on for a binding, or null when they do not.</summary>
    public int? PortOf(string workload, string binding)
    {
        var resource = manifest.Find(workload);
        return settings.For(workload).Ports.TryGetValue(binding, out var port) ? port
            : resource.Bindings[binding].TargetPort
            ?? (resource.Type == ManifestResource.Project && resource.Bindings[binding].Scheme == "http" ? DefaultProjectPort : null);
    }

    /// <summary>The Secret's key that holds a parameter, and the workload that the parameter belongs to, if it does to one.</summary>
    public (SecretKey Key, string? Owner) SecretOf(string parameter, bool uriEncoded = false)
    {
        if (settings.GivenParameters.TryGetValue(parameter, out var given)) return (given.Key, null);
        var owner = manifest.Workloads
            .Where(workload => workload.Value.Type == ManifestResource.Container
                && workload.Value.Env.Values.Any(value => ManifestExpression.Parse(value).Any(part => part.IsReference && part.Text == $"{parameter}.value")))
            .Select(workload => workload.Key)
            .FirstOrDefault() ?? throw new GenerationException($"No container takes the parameter '{parameter}', so it is not clear whose credential it is.");
        return (new SecretKey($"{owner}-credentials", uriEncoded ? parameter + UriSuffix : parameter), owner);
    }

    private ResolvedValue ResolveReference(string reference)
    {
        var (name, property) = ManifestExpression.Split(reference);
        var resource = manifest.Find(name);
        return (resource.Type, property.Split('.')) switch
        {
            (_, ["bindings", var binding, var field]) => ResolveBinding(name, resource, binding, field),
            (_, ["connectionString"]) when resource.ConnectionString is { } connection => Resolve(connection),
            (ManifestResource.Parameter, ["value"]) => ResolveParameter(name),
            (ManifestResource.FilteredString, ["value"]) => ResolveFiltered(name, resource),
            _ => throw new GenerationException($"'{{{reference}}}' is not understood: a {resource.Type} has no '{property}'."),
        };
    }

    private ResolvedValue ResolveBinding(string name, ManifestResource resource, string bindingName, string field)
    {
        if (!resource.Bindings.TryGetValue(bindingName, out var binding))
            throw new GenerationException($"'{name}' has no binding '{bindingName}'.");
        var port = PortOf(name, bindingName) ?? throw new GenerationException($"Binding '{bindingName}' of '{name}' has no port in the cluster.");
        var number = port.ToString(CultureInfo.InvariantCulture);
        var value = new ResolvedValue();
        value.AddWorkload(name);
        value.AddEndpoint(name, port);
        value.Add(field switch
        {
            "host" => name,
            "port" or "targetPort" => number,
            "scheme" => binding.Scheme,
            "url" => $"{binding.Scheme}://{name}:{number}",
            _ => throw new GenerationException($"'{{{name}.bindings.{bindingName}.{field}}}' is not understood: a binding has host, port, targetPort, scheme and url."),
        });
        return value;
    }

    /// <summary>
    /// All of a container's parameters go into Secrets, also those that the manifest does not call secret: a store's user name is half of its credential.
    /// </summary>
    private ResolvedValue ResolveParameter(string name)
    {
        var (key, owner) = SecretOf(name);
        var value = new ResolvedValue();
        value.Add(key, owner);
        return value;
    }

    private ResolvedValue ResolveFiltered(string name, ManifestResource resource)
    {
        if (resource.Filter != "uri")
            throw new GenerationException($"'{name}' has the filter '{resource.Filter}'; only 'uri' is known.");
        if (ManifestExpression.Parse(resource.ValueExpression ?? "") is not [{ IsReference: true } inner]
            || ManifestExpression.Split(inner.Text) is not (var parameter, "value"))
            throw new GenerationException($"'{name}' filters '{resource.ValueExpression}'; only a single parameter can be filtered.");
        var (key, owner) = SecretOf(parameter, uriEncoded: true);
        var value = new ResolvedValue();
        value.Add(key, owner);
        return value;
    }

    /// <summary>How each key of each Secret gets its value, for the workloads of an overlay.</summary>
    public SecretRule RuleOf(SecretKey key)
    {
        if (settings.GivenParameters.Values.FirstOrDefault(parameter => parameter.Key == key) is { } person) return SecretRule.Given(person.Meaning);
        if (key.Key.EndsWith(UriSuffix, StringComparison.Ordinal)) return SecretRule.UriOf(key.Key[..^UriSuffix.Length]);
        var input = manifest.Find(key.Key).Inputs.GetValueOrDefault("value");
        if (input?.Default?.Generate is { } generate) return SecretRule.Generate(generate.MinLength, generate.Special);
        if (input?.Default?.Value is { } given) return SecretRule.Default(given);
        return settings.ParameterDefaults.TryGetValue(key.Key, out var text)
            ? SecretRule.Default(text)
            : throw new GenerationException($"Nothing says what the parameter '{key.Key}' is: give it a default in SystemSettings.ParameterDefaults.");
    }
}

/// <summary>How a key of a Secret gets its value when the system is installed.</summary>
/// <param name="Kind"><c>generate</c>, <c>generate-alphanumeric</c>, <c>default</c>, <c>uri-of</c> or <c>given</c>.</param>
/// <param name="Argument">The least length, the value, the other key, or what to give.</param>
public sealed record SecretRule(string Kind, string Argument)
{
    public static SecretRule Generate(int length, bool special) =>
        new(special ? "generate" : "generate-alphanumeric", length.ToString(CultureInfo.InvariantCulture));

    public static SecretRule Default(string value) => new("default", value);

    public static SecretRule UriOf(string key) => new("uri-of", key);

    public static SecretRule Given(string what) => new("given", what);
}
