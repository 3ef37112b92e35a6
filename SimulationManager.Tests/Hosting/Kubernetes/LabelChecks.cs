namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The standard labels, and the one that the installation goes by.</summary>
internal static class LabelChecks
{
    private static readonly string[] _required =
    [
        "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by", "simulation-manager/stage",
    ];

    public static IEnumerable<string> Labelled(ClusterObjects objects) =>
        from item in objects.All
        from label in _required
        where item.Metadata.Labels?.ContainsKey(label) != true
        select $"{item.Kind} {item.Metadata.Name} has no label {label}";
}
