using System.Text;

namespace SimulationManager.Hosting.Kubernetes.Manifest;

/// <summary>A key of a Secret.</summary>
public sealed record SecretKey(string Secret, string Key)
{
    /// <summary>A variable name for it: <c>POSTGRES_PASSWORD</c>.</summary>
    public string VariableName => Key.ToUpperInvariant().Replace('-', '_').Replace('.', '_');
}

/// <summary>A manifest string with its references resolved: text, with the places where secrets go.</summary>
public sealed class ResolvedValue
{
    private readonly List<(string Text, SecretKey? Secret)> _parts = [];
    private readonly HashSet<string> _workloads = new(StringComparer.Ordinal);
    private readonly List<(string Workload, int Port)> _endpoints = [];

    /// <summary>Whether no secret is in it.</summary>
    public bool IsPlain => _parts.TrueForAll(part => part.Secret is null);

    /// <summary>The text of a plain value.</summary>
    public string Text => IsPlain ? string.Concat(_parts.Select(part => part.Text)) : throw new InvalidOperationException("The value has a secret in it.");

    /// <summary>The secret, when the value is exactly one.</summary>
    public SecretKey? OnlySecret => _parts is [{ Secret: { } secret }] ? secret : null;

    /// <summary>All secrets in it.</summary>
    public IEnumerable<SecretKey> Secrets => _parts.Select(part => part.Secret).OfType<SecretKey>();

    /// <summary>Workloads whose address, port or credentials are in it.</summary>
    public IReadOnlySet<string> Workloads => _workloads;

    /// <summary>Ports of workloads that are in it.</summary>
    public IReadOnlyList<(string Workload, int Port)> Endpoints => _endpoints;

    /// <summary>The text as a container's variable, with each secret as <c>$(VARIABLE)</c>, which the kubelet fills in.</summary>
    public string ToVariableText(Func<SecretKey, string> variableOf)
    {
        var text = new StringBuilder();
        foreach (var (literal, secret) in _parts)
            text.Append(secret is null ? literal.Replace("$(", "$$(", StringComparison.Ordinal) : $"$({variableOf(secret)})");
        return text.ToString();
    }

    internal void Add(string text)
    {
        if (text.Length > 0) _parts.Add((text, null));
    }

    internal void Add(SecretKey secret, string? owner)
    {
        _parts.Add(("", secret));
        if (owner is not null) _workloads.Add(owner);
    }

    internal void AddWorkload(string workload) => _workloads.Add(workload);

    internal void AddEndpoint(string workload, int port) => _endpoints.Add((workload, port));

    internal void Add(ResolvedValue other)
    {
        _parts.AddRange(other._parts);
        _workloads.UnionWith(other._workloads);
        _endpoints.AddRange(other._endpoints);
    }
}
