using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Objects;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>Variant <c>prod</c>: PostgreSQL, Redis and S3 are managed services, and clients come through an ingress with TLS.</summary>
internal static class ProductionOverlay
{
    public const string Name = "prod";

    private const string Folder = $"{OverlayVariant.Root}/{Name}";

    public static OverlayVariant Add(OutputTree tree, ClusterGraph graph)
    {
        var settings = graph.Settings;
        var notRun = settings.Production.NotRun;
        var kept = ManifestGeneration.InOrder(graph).Where(name => !notRun.Contains(name)).ToArray();
        List<PatchReference> patches = [];
        var configMaps = EnvironmentPatches.Add(tree, Folder, patches, graph, notRun);
        List<KubernetesObject> objects = [ToManaged(graph)];
        foreach (var workload in kept.Select(graph.Find).Where(workload => workload.Ports.Any(port => port.External)))
        {
            objects.Add(new KubernetesObject("ingress.yaml", Ingress(graph, workload)));
            tree.AddPatch($"{Folder}/patch-networkpolicy-{workload.Name}.yaml", new PatchOperation("replace", "/spec/ingress", OnlyIngressController(graph, workload)));
            patches.Add(new PatchReference($"patch-networkpolicy-{workload.Name}.yaml", new PatchTarget("NetworkPolicy", workload.Name)));
        }

        tree.AddFolder(Folder, objects, new Kustomization
        {
            Resources = [.. ManifestGeneration.Folders(graph).Append(MetricsServer.Name).Where(name => !notRun.Contains(name)).Select(folder => $"../../{folder}")],
            ConfigMapGenerator = configMaps,
            Patches = patches,
        });
        return new OverlayVariant(Name, [.. kept.Select(graph.Find)], MigrationJob.NameOf(graph, notRun), SecretList.Of(graph, kept, notRun)) { HasIngress = true };
    }

    private static KubernetesObject ToManaged(ClusterGraph graph)
    {
        var callers = graph.Edges.Where(edge => graph.Settings.Production.Managed.ContainsKey(edge.To)).Select(edge => edge.From).Distinct();
        var labels = Labels.Of(graph.Settings, "managed-services", "network", InstallStage.Namespace);
        return new KubernetesObject(
            "networkpolicy-managed-services.yaml",
            NetworkPolicies.ToOutside(graph.Settings, "managed-services", callers, graph.Settings.Production.Managed.Values.SelectMany(ports => ports), labels));
    }

    private static V1Ingress Ingress(ClusterGraph graph, ClusterWorkload workload)
    {
        var production = graph.Settings.Production;
        var port = workload.Ports.First(port => port.External).Name;
        var metadata = Labels.Metadata(graph.Settings, workload.Name, Labels.Of(graph.Settings, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version));
        metadata.Annotations = new Dictionary<string, string>(production.IngressAnnotations);
        return new V1Ingress
        {
            ApiVersion = "networking.k8s.io/v1",
            Kind = "Ingress",
            Metadata = metadata,
            Spec = new V1IngressSpec
            {
                IngressClassName = production.IngressClass,
                Tls = [new V1IngressTLS { Hosts = [production.Host], SecretName = $"{workload.Name}-tls" }],
                Rules =
                [
                    new V1IngressRule
                    {
                        Host = production.Host,
                        Http = new V1HTTPIngressRuleValue
                        {
                            Paths =
                            [
                                new V1HTTPIngressPath
                                {
                                    Path = "/",
                                    PathType = "Prefix",
                                    Backend = new V1IngressBackend
                                    {
                                        Service = new V1IngressServiceBackend { Name = workload.Name, Port = new V1ServiceBackendPort { Name = port } },
                                    },
                                },
                            ],
                        },
                    },
                ],
            },
        };
    }

    private static List<V1NetworkPolicyIngressRule> OnlyIngressController(ClusterGraph graph, ClusterWorkload workload)
    {
        var policy = (V1NetworkPolicy)NetworkPolicies.Of(graph, workload).First().Value;
        return
        [
            .. policy.Spec.Ingress.Where(rule => rule.FromProperty is { Count: > 0 }),
            NetworkPolicies.FromIngressController(graph.Settings, workload.Ports.Where(port => port.External).Select(port => port.Number)),
        ];
    }
}
