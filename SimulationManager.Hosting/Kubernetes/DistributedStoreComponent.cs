using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// Component <c>minio-distributed</c>: an object store of our own in production, each pod on its own node, and the services' connection
/// to it. Variant <c>prod-minio</c> is <c>prod</c> with it.
/// </summary>
internal static class DistributedStoreComponent
{
    public static OverlayVariant Add(OutputTree tree, AspireManifest manifest, ClusterGraph graph)
    {
        var store = graph.Settings.Production.Store;
        var name = $"{store.Workload}-distributed";
        var folder = $"components/{name}";
        var spread = new ClusterGraph(manifest, WithSpreadStore(graph, store));
        var workload = spread.Find(store.Workload);
        var notRun = spread.Settings.Production.NotRun;
        notRun.Remove(store.Workload);
        var environment = ContainerEnvironment.Of(spread, workload, notRun);
        List<PatchReference> patches = [];
        var configMaps = EnvironmentPatches.Add(tree, folder, patches, spread, notRun);
        tree.AddFolder(folder, [.. WorkloadObjects.Of(spread, workload, environment).Select(item => item.Value is V1StatefulSet set ? item with { Value = OnePerNode(spread, workload, set) } : item)],
            Kustomization.Component() with
            {
                ConfigMapGenerator = [.. ManifestGeneration.ConfigMaps(spread, workload, environment).Select(map => map with { Namespace = spread.Settings.Namespace }), .. configMaps],
                Patches = patches,
            });

        var variant = $"{ProductionOverlay.Name}-{store.Workload}";
        var kept = ManifestGeneration.InOrder(spread).Where(resource => !notRun.Contains(resource)).ToArray();
        tree.AddKustomization($"{OverlayVariant.Root}/{variant}", new Kustomization { Resources = [$"../{ProductionOverlay.Name}"], Components = [$"../../{folder}"] });
        return new OverlayVariant(variant, [.. kept.Select(spread.Find)], MigrationJob.NameOf(spread, notRun), SecretList.Of(spread, kept, notRun)) { HasIngress = true };
    }

    private static ClusterSettings WithSpreadStore(ClusterGraph graph, DistributedStore store)
    {
        var workload = graph.Find(store.Workload);
        var port = workload.Ports[0];
        var volume = workload.Resource.Volumes[0].Target;
        var peers = $"http://{store.Workload}-{{0...{store.Nodes - 1}}}.{workload.HeadlessServiceName}.{graph.Settings.Namespace}.svc.cluster.local:{port.Number}{volume}";
        var settings = workload.Settings with
        {
            Replicas = store.Nodes,
            Arguments = [.. workload.Resource.Args.Select(argument => argument == volume ? peers : argument)],
            Calls = [.. workload.Settings.Calls, new Call(store.Workload, port.Name)],
            VolumeSizes = new Dictionary<string, string>(workload.Settings.VolumeSizes) { [volume] = store.VolumeSize },
        };
        return graph.Settings with { Workloads = new Dictionary<string, WorkloadSettings>(graph.Settings.Workloads) { [store.Workload] = settings } };
    }

    /// <summary>The pods wait for each other, so they start together; two on one node would lose data together.</summary>
    private static V1StatefulSet OnePerNode(ClusterGraph graph, ClusterWorkload workload, V1StatefulSet set)
    {
        set.Spec.PodManagementPolicy = "Parallel";
        set.Spec.Template.Spec.Affinity.PodAntiAffinity = new V1PodAntiAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution =
            [
                new V1PodAffinityTerm
                {
                    TopologyKey = "kubernetes.io/hostname",
                    LabelSelector = new V1LabelSelector { MatchLabels = Labels.Selector(graph.Settings, workload.Name) },
                },
            ],
        };
        return set;
    }
}
