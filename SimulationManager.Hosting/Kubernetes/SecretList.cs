using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Objects;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// The Secrets that an overlay needs, and how each key gets its value: no value is in it. <c>deploy/install.sh</c> and the
/// <c>secrets</c> command read it.
/// </summary>
internal static class SecretList
{
    public const string FileName = "secrets.tsv";

    private const string Heading = "# secret\tkey\trule\targument\n";

    /// <summary>The list for some workloads, tab-separated.</summary>
    public static string Of(ClusterGraph graph, IEnumerable<string> workloads, IReadOnlySet<string> managed)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var workload in workloads.Select(graph.Find))
        {
            var environment = ContainerEnvironment.Of(graph, workload, managed);
            foreach (var key in environment.StoreSecrets)
                lines.Add(Line(key, graph.Resolver.RuleOf(key)));
            foreach (var secret in workload.Settings.Secrets)
                lines.Add(Line(new SecretKey(workload.SecretName, secret.Variable), SecretRule.Generate(secret.Length, special: false)));
            foreach (var connection in environment.ManagedConnections)
                lines.Add(Line(new SecretKey(graph.Settings.Production.ConnectionSecret, connection), SecretRule.Given($"connection string of {connection}")));
        }

        return Heading + string.Concat(lines);
    }

    private static string Line(SecretKey key, SecretRule rule) => $"{key.Secret}\t{key.Key}\t{rule.Kind}\t{rule.Argument}\n";
}
