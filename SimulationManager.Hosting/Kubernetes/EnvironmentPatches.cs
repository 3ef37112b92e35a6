using System.Globalization;
using System.Net;
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
            AddPatch(tree, folder, patches, "Deployment", workload.Name, environment);
            configMaps.AddRange(ManifestGeneration.ConfigMaps(graph, workload, environment).Where(map => map.Literals is not null)
                .Select(map => Replace(graph, map with { Literals = [.. map.Literals!, .. KnownProxies(graph, workload)] })));
            if (workload.Name != graph.Settings.Migration.Resource) continue;
            AddPatch(tree, folder, patches, "Job", MigrationJob.NameOf(graph.Settings), environment);
            configMaps.Add(Replace(graph, ManifestGeneration.MigrationConfigMap(graph, environment)));
        }

        return configMaps;
    }

    /// <summary>Without them a service takes the ingress controller for its only client, and its requests for unencrypted ones.</summary>
    private static IEnumerable<string> KnownProxies(ClusterGraph graph, ClusterWorkload workload)
    {
        if (workload.Settings.KnownProxiesVariable is not { } variable) return [];
        var networks = graph.Settings.Production.KnownProxies;
        if (networks.FirstOrDefault(network => !IPNetwork.TryParse(network, out _)) is { } wrong)
            throw new GenerationException($"The known proxy '{wrong}' is no network such as 10.0.0.0/8.");
        return networks.Select((network, index) => $"{variable}__{index.ToString(CultureInfo.InvariantCulture)}={network}");
    }

    private static ConfigMapSource Replace(ClusterGraph graph, ConfigMapSource map) => map with { Behavior = "replace", Namespace = graph.Settings.Namespace };

    private static void AddPatch(OutputTree tree, string folder, List<PatchReference> patches, string kind, string name, ContainerEnvironment environment)
    {
        // The job's name has the version in it; the file's name has not, so that a new version is a change and no new file.
        var file = kind == "Job" ? $"patch-{ClusterGraph.Migration}-env.yaml" : $"patch-{name}-env.yaml";
        tree.AddPatch($"{folder}/{file}", new PatchOperation("replace", EnvironmentPath, environment.Variables));
        patches.Add(new PatchReference(file, new PatchTarget(kind, name)));
    }
}
