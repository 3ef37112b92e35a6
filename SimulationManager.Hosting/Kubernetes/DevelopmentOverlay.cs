using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// Variant <c>dev</c>: one node that has everything on its own ports. Component <c>host-volumes</c> keeps the data on the node's own disk, where the
/// environment names no storage class.
/// </summary>
internal static class DevelopmentOverlay
{
    private const string Name = "dev";
    private const string Folder = $"{OverlayVariant.Root}/{Name}";
    private const string VolumesFolder = "components/host-volumes";

    public static OverlayVariant Add(OutputTree tree, ClusterGraph graph)
    {
        var settings = graph.Settings;
        List<PatchReference> patches = [];
        foreach (var workload in graph.Workloads.Values.Where(workload => workload.Settings.DevelopmentNodePorts.Count > 0))
            AddPatch(tree, Folder, patches, "Service", workload.Name, NodePorts(workload));
        foreach (var (name, most) in settings.Development.MostPods)
            AddPatch(tree, Folder, patches, "HorizontalPodAutoscaler", name, [new PatchOperation("replace", "/spec/maxReplicas", most)]);
        AddPatch(tree, Folder, patches, "Deployment", MetricsServer.Name,
        [
            new PatchOperation("replace", "/spec/template/spec/containers/0/args", settings.MetricsServer.Arguments.Concat(settings.MetricsServer.DevelopmentArguments).ToArray()),
        ]);
        // Not "../..": kustomize takes a folder that holds the overlay itself for a cycle.
        tree.AddFolder(Folder, [.. OpenPorts(graph)], new Kustomization
        {
            Resources = [.. ManifestGeneration.Folders(graph).Append(MetricsServer.Name).Select(folder => $"../../{folder}")],
            Patches = patches,
        });
        AddHostVolumes(tree, graph);
        var names = ManifestGeneration.InOrder(graph);
        return new OverlayVariant(Name, [.. names.Select(graph.Find)], MigrationJob.NameOf(graph, new HashSet<string>()), SecretList.Of(graph, names, new HashSet<string>())) { WithoutStorageClass = VolumesFolder };
    }

    private static void AddHostVolumes(OutputTree tree, ClusterGraph graph)
    {
        List<PatchReference> patches = [];
        foreach (var volume in graph.Settings.Development.Volumes)
            AddPatch(tree, VolumesFolder, patches, "StatefulSet", volume.Workload, Claims(graph, graph.Find(volume.Workload)));
        tree.AddFolder(VolumesFolder, [.. HostVolumes.Of(graph)], Kustomization.Component() with { Patches = patches });
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

    private static void AddPatch(OutputTree tree, string folder, List<PatchReference> patches, string kind, string name, IEnumerable<PatchOperation> operations)
    {
        var file = $"patch-{kind.ToLowerInvariant()}-{name}.yaml";
        tree.AddPatch($"{folder}/{file}", operations);
        patches.Add(new PatchReference(file, new PatchTarget(kind, name)));
    }
}
