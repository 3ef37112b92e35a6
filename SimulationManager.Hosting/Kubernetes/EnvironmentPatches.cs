using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>What changes in the services' environments when some stores are managed services outside the cluster.</summary>
internal static class EnvironmentPatches
{
    private const string EnvironmentPath = "/spec/template/spec/containers/0/env";

    /// <summary>Adds the patches to a folder and gives the ConfigMaps that take the place of the lower layer's.</summary>
    public static IReadOnlyList<ConfigMapSource> Add(OutputTree tree, string folder, List<PatchReference> patches, ClusterGraph graph, IReadOnlySet<string> managed)
    {
        var configMaps = new List<ConfigMapSource>();
        foreach (var workload in graph.Workloads.Values.Where(workload => workload.IsProject))
        {
            var environment = ContainerEnvironment.Of(graph, workload, managed);
            var variables = new PatchOperation("replace", EnvironmentPath, environment.Variables);
            AddPatch(tree, folder, patches, workload.Name, new PatchTarget("Deployment", workload.Name), variables);
            configMaps.AddRange(ManifestGeneration.ConfigMaps(graph, workload, environment).Where(map => map.Literals is not null).Select(map => Replace(graph, map)));
            if (workload.Name != graph.Settings.Migration.Resource) continue;
            AddPatch(tree, folder, patches, ClusterGraph.Migration, new PatchTarget("Job", MigrationJob.AnyName), variables, new PatchOperation("replace", "/metadata/name", MigrationJob.NameOf(graph, environment)));
            configMaps.Add(Replace(graph, ManifestGeneration.MigrationConfigMap(graph, environment)));
        }

        return configMaps;
    }

    private static ConfigMapSource Replace(ClusterGraph graph, ConfigMapSource map) => map with { Behavior = "replace", Namespace = graph.Settings.Namespace };

    private static void AddPatch(OutputTree tree, string folder, List<PatchReference> patches, string name, PatchTarget target, params PatchOperation[] operations)
    {
        var file = $"patch-{name}-env.yaml";
        tree.AddPatch($"{folder}/{file}", operations);
        patches.Add(new PatchReference(file, target) { Options = operations.Any(operation => operation.Path == "/metadata/name") ? PatchOptions.Rename : null });
    }
}
