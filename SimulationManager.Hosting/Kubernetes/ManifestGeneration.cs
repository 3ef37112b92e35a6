using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Turns an Aspire manifest and the cluster's settings into kustomize folders.</summary>
public static class ManifestGeneration
{
    private const string NamespaceFolder = "namespace";

    /// <summary>All files. The same input gives the same bytes.</summary>
    /// <param name="manifest">The graph.</param>
    /// <param name="settings">What is the same in every installation.</param>
    /// <param name="environments">What each installation has for itself.</param>
    /// <exception cref="GenerationException">The manifest or the settings do not say all that is needed.</exception>
    public static OutputTree Generate(AspireManifest manifest, ClusterSettings settings, IEnumerable<EnvironmentSettings> environments)
    {
        var (tree, graph, variants) = GenerateVariants(manifest, settings);
        foreach (var environment in environments)
            EnvironmentOverlay.Add(tree, graph, variants, environment);
        return tree;
    }

    /// <summary>All files but those of the environments.</summary>
    internal static (OutputTree Tree, ClusterGraph Graph, IReadOnlyList<OverlayVariant> Variants) GenerateVariants(AspireManifest manifest, ClusterSettings settings)
    {
        var graph = new ClusterGraph(manifest, settings);
        var tree = new OutputTree();
        tree.AddFolder(NamespaceFolder, [.. NamespaceObjects.Of(settings)], new Kustomization());
        foreach (var workload in graph.Workloads.Values)
            AddWorkload(tree, graph, workload);
        AddMigration(tree, graph);
        tree.AddFolder(MetricsServer.Name, MetricsServer.Of(settings), new Kustomization());
        tree.AddKustomization("", new Kustomization { Namespace = settings.Namespace, Resources = Folders(graph) });
        tree.AddText(SecretList.FileName, SecretList.Of(graph, InOrder(graph), new HashSet<string>()));

        LoadScalerComponent.Add(tree, graph);
        return (tree, graph, [DevelopmentOverlay.Add(tree, graph), ProductionOverlay.Add(tree, graph), DistributedStoreComponent.Add(tree, manifest, graph)]);
    }

    /// <summary>Names of the workloads in the order in which an installation brings them up.</summary>
    internal static IReadOnlyList<string> InOrder(ClusterGraph graph) =>
        [.. graph.Workloads.Values.OrderBy(workload => workload.Settings.Stage).ThenBy(workload => workload.Name, StringComparer.Ordinal).Select(workload => workload.Name)];

    /// <summary>Folders of everything that runs in the namespace.</summary>
    internal static IReadOnlyList<string> Folders(ClusterGraph graph) => [NamespaceFolder, .. InOrder(graph), ClusterGraph.Migration];

    /// <summary>The ConfigMaps of a workload: its plain settings and its files.</summary>
    internal static IEnumerable<ConfigMapSource> ConfigMaps(ClusterGraph graph, ClusterWorkload workload, ContainerEnvironment environment)
    {
        var options = new GeneratorOptions { Labels = Labels.Of(graph.Settings, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version) };
        if (environment.Plain.Count > 0)
            yield return new ConfigMapSource(workload.ConfigMapName) { Literals = environment.Plain, Options = options };
        if (workload.Settings.Files.Count > 0)
            yield return new ConfigMapSource(workload.FilesConfigMapName) { Files = [.. workload.Settings.Files.Keys.Select(file => Path.GetFileName(file))], Options = options };
    }

    /// <summary>The migration job's ConfigMap: the settings of the image that runs it.</summary>
    internal static ConfigMapSource MigrationConfigMap(ClusterGraph graph, ContainerEnvironment environment) =>
        new(MigrationJob.ConfigMapName) { Literals = environment.Plain, Options = new GeneratorOptions { Labels = MigrationJob.LabelsOf(graph.Settings) } };

    private static void AddWorkload(OutputTree tree, ClusterGraph graph, ClusterWorkload workload)
    {
        var environment = ContainerEnvironment.Of(graph, workload, new HashSet<string>());
        tree.AddFolder(workload.Name, WorkloadObjects.Of(graph, workload, environment), new Kustomization
        {
            Namespace = graph.Settings.Namespace,
            ConfigMapGenerator = [.. ConfigMaps(graph, workload, environment)],
        });
        foreach (var (path, text) in workload.Settings.Files)
            tree.AddText($"{workload.Name}/{Path.GetFileName(path)}", text);
    }

    private static void AddMigration(OutputTree tree, ClusterGraph graph)
    {
        var environment = ContainerEnvironment.Of(graph, graph.Find(graph.Settings.Migration.Resource), new HashSet<string>());
        tree.AddFolder(ClusterGraph.Migration, MigrationJob.Of(graph, environment), new Kustomization
        {
            Namespace = graph.Settings.Namespace,
            ConfigMapGenerator = [MigrationConfigMap(graph, environment)],
        });
    }
}
