using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Manifest;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>
/// A workload's environment, split by what may be seen: plain settings go to a ConfigMap, everything with a secret in it becomes a
/// variable that the kubelet puts together from Secrets, so that no manifest ever holds one.
/// </summary>
internal sealed class ContainerEnvironment
{
    private const string ConnectionPrefix = "ConnectionStrings__";

    private readonly List<string> _plain = [];
    private readonly List<V1EnvVar> _variables = [];
    private readonly Dictionary<SecretKey, string> _variableOf = [];
    private readonly List<string> _connections = [];

    private ContainerEnvironment()
    {
    }

    /// <summary><c>NAME=value</c>, for the ConfigMap.</summary>
    public IReadOnlyList<string> Plain => _plain;

    /// <summary>Variables with secrets or pod fields, each after those that it refers to.</summary>
    public IReadOnlyList<V1EnvVar> Variables => _variables;

    /// <summary>Keys that the variables take from the stores' Secrets.</summary>
    public IReadOnlyCollection<SecretKey> StoreSecrets => _variableOf.Keys;

    /// <summary>Connection strings that come whole from outside.</summary>
    public IReadOnlyList<string> ManagedConnections => _connections;

    /// <summary>The environment of a workload, where some others are managed services outside the cluster, or left out.</summary>
    public static ContainerEnvironment Of(ClusterGraph graph, ClusterWorkload workload, IReadOnlySet<string> managed)
    {
        var environment = new ContainerEnvironment();
        var own = workload.Settings.Environment;
        var values = workload.Resource.Env
            .Where(variable => !own.ContainsKey(variable.Key) && !graph.Resolver.NeedsMissingEndpoint(variable.Value))
            .Select(variable => (Name: variable.Key, Value: graph.Resolver.Resolve(variable.Value)))
            .ToArray();
        var outside = values.Where(variable => variable.Value.Workloads.Overlaps(managed)).Select(variable => variable.Name).ToArray();
        var inCluster = values.Where(variable => !outside.Contains(variable.Name) && !IsPartOf(outside, variable.Name)).ToArray();

        environment._plain.AddRange(inCluster.Where(variable => variable.Value.IsPlain).Select(variable => $"{variable.Name}={variable.Value.Text}"));
        environment._plain.AddRange(own.Select(variable => $"{variable.Key}={variable.Value}"));
        environment.AddPodFields(workload);
        environment.AddOwnSecrets(workload);
        environment.AddManagedConnections(graph, values.Where(variable => outside.Contains(variable.Name) && !variable.Value.Workloads.Overlaps(graph.Settings.Production.LeftOut)).Select(variable => variable.Name));
        environment.AddStoreSecrets([.. inCluster.Where(variable => !variable.Value.IsPlain)]);
        return environment;
    }

    /// <summary>The variable that holds a secret for this workload's other variables and arguments.</summary>
    public string VariableOf(SecretKey secret) => _variableOf.TryGetValue(secret, out var variable)
        ? variable
        : throw new GenerationException($"An argument needs the secret '{secret.Key}', which no variable of the container has.");

    /// <summary>Of a managed service only the connection string is known: variables that name its parts, such as <c>ROBOTDB_USERNAME</c>, are left out.</summary>
    private static bool IsPartOf(IEnumerable<string> connections, string variable) => connections.Any(name =>
        name.StartsWith(ConnectionPrefix, StringComparison.Ordinal)
        && variable.StartsWith(name[ConnectionPrefix.Length..].ToUpperInvariant() + '_', StringComparison.Ordinal));

    private void AddPodFields(ClusterWorkload workload) => _variables.AddRange(workload.Settings.PodFields.Select(field => new V1EnvVar
    {
        Name = field.Key,
        ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = field.Value } },
    }));

    private void AddOwnSecrets(ClusterWorkload workload) =>
        _variables.AddRange(workload.Settings.Secrets.Select(secret => FromSecret(secret.Variable, new SecretKey(workload.SecretName, secret.Variable))));

    private void AddManagedConnections(ClusterGraph graph, IEnumerable<string> names)
    {
        foreach (var name in names.Where(name => name.StartsWith(ConnectionPrefix, StringComparison.Ordinal)))
        {
            var connection = name[ConnectionPrefix.Length..];
            _connections.Add(connection);
            _variables.Add(FromSecret(name, new SecretKey(graph.Settings.Production.ConnectionSecret, connection)));
        }
    }

    /// <summary>The kubelet fills in <c>$(NAME)</c> only from variables further up, so secrets come first.</summary>
    private void AddStoreSecrets((string Name, ResolvedValue Value)[] values)
    {
        foreach (var (name, value) in values)
        {
            if (value.OnlySecret is not { } secret) continue;
            _variableOf.TryAdd(secret, name);
            _variables.Add(FromSecret(name, secret));
        }

        foreach (var secret in values.SelectMany(variable => variable.Value.Secrets))
        {
            if (_variableOf.TryAdd(secret, secret.VariableName))
                _variables.Add(FromSecret(secret.VariableName, secret));
        }

        foreach (var (name, value) in values.Where(variable => variable.Value.OnlySecret is null))
            _variables.Add(new V1EnvVar { Name = name, Value = value.ToVariableText(VariableOf) });
    }

    private static V1EnvVar FromSecret(string variable, SecretKey key) => new()
    {
        Name = variable,
        ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = key.Secret, Key = key.Key } },
    };
}
