using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Overlay <c>dev</c>: one node that has everything on its own disk and ports.</summary>
internal static class DevelopmentOverlay
{
    private const string Folder = "overlays/dev";

    public static void Add(OutputTree tree, ClusterGraph graph)
    {
        var settings = graph.Settings;
        List<KubernetesObject> objects = [.. HostVolumes.Of(graph), .. OpenPorts(graph)];
        List<PatchReference> patches = [];
        foreach (var workload in graph.Workloads.Values.Where(workload => workload.Settings.DevelopmentNodePorts.Count > 0))
            AddPatch(tree, patches, "Service", workload.Name, NodePorts(workload));
        foreach (var volume in settings.Development.Volumes)
            AddPatch(tree, patches, "StatefulSet", volume.Workload, Claims(graph, graph.Find(volume.Workload)));
        foreach (var (name, most) in settings.Development.MostPods)
            AddPatch(tree, patches, "HorizontalPodAutoscaler", name, [new PatchOperation("replace", "/spec/maxReplicas", most)]);
        AddPatch(tree, patches, "Deployment", MetricsServer.Name,
        [
            new PatchOperation("replace", "/spec/template/spec/containers/0/args", settings.MetricsServer.Arguments.Concat(settings.MetricsServer.DevelopmentArguments).ToArray()),
        ]);
        // Not "../..": kustomize takes a folder that holds the overlay itself for a cycle.
        tree.AddFolder(Folder, objects, new Kustomization
        {
            Resources = [.. ManifestGeneration.Folders(graph).Append(MetricsServer.Name).Select(folder => $"../../{folder}")],
            Patches = patches,
        });
        tree.AddText($"{Folder}/{SecretList.FileName}", SecretList.Of(graph, ManifestGeneration.InOrder(graph), new HashSet<string>()));
    }

    /// <summary>A port on every node is reached from anywhere, which the policy of a workload without external bindings does not allow.</summary>
    private static IEnumerable<KubernetesObject> OpenPorts(ClusterGraph graph) =>
        from workload in graph.Workloads.Values
        let ports = workload.Ports.Where(port => !port.External && workload.Settings.DevelopmentNodePorts.ContainsKey(port.Name)).ToArray()
        where ports.Length > 0
        let labels = Labels.Of(graph.Settings, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version)
        select new KubernetesObject(
            $"networkpolicy-{workload.Name}-node-ports.yaml",
            NetworkPolicies.FromOutside(graph.Settings, $"{workload.Name}-node-ports", workload.Name, ports.Select(port => port.Number), labels));

    private static IEnumerable<PatchOperation> NodePorts(ClusterWorkload workload)
    {
        yield return new PatchOperation("replace", "/spec/type", "NodePort");
        for (var index = 0; index < workload.Ports.Count; index++)
        {
            if (workload.Settings.DevelopmentNodePorts.TryGetValue(workload.Ports[index].Name, out var port))
                yield return new PatchOperation("add", $"/spec/ports/{index}/nodePort", port);
        }
    }

    private static IEnumerable<PatchOperation> Claims(ClusterGraph graph, ClusterWorkload workload)
    {
        var size = HostVolumes.SizeOf(graph.Settings, workload.Name);
        yield return new PatchOperation("replace", "/spec/volumeClaimTemplates", WorkloadObjects.Claims(graph, workload, HostVolumes.StorageClass, _ => size));
    }

    private static void AddPatch(OutputTree tree, List<PatchReference> patches, string kind, string name, IEnumerable<PatchOperation> operations)
    {
        var file = $"patch-{kind.ToLowerInvariant()}-{name}.yaml";
        tree.AddPatch($"{Folder}/{file}", operations);
        patches.Add(new PatchReference(file, new PatchTarget(kind, name)));
    }
}
