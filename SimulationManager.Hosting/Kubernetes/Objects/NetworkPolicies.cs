using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>Everything is denied, then each edge of the graph is allowed on both of its ends.</summary>
internal static class NetworkPolicies
{
    private const int DnsPort = 53;

    /// <summary>Where the DNS cache of a node listens, by its own documentation (NodeLocal DNSCache). It is the node's, so no policy can name its pods.</summary>
    private const string DnsOnNode = "169.254.20.10/32";

    /// <summary>What holds for every pod of the namespace: nothing in, nothing out but DNS.</summary>
    public static IEnumerable<KubernetesObject> OfNamespace(ClusterSettings cluster)
    {
        var labels = Labels.Of(cluster, cluster.Namespace, "network", InstallStage.Namespace);
        yield return new KubernetesObject("networkpolicy-default-deny.yaml", Policy(cluster, "default-deny", labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector(),
            PolicyTypes = ["Ingress", "Egress"],
        }));
        yield return new KubernetesObject("networkpolicy-dns.yaml", Policy(cluster, "dns", labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector(),
            PolicyTypes = ["Egress"],
            Egress =
            [
                new V1NetworkPolicyEgressRule
                {
                    To =
                    [
                        new V1NetworkPolicyPeer
                        {
                            NamespaceSelector = NamespaceNamed("kube-system"),
                            PodSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["k8s-app"] = "kube-dns" } },
                        },
                        Network(DnsOnNode),
                    ],
                    Ports = [Port(DnsPort, "UDP"), Port(DnsPort)],
                },
            ],
        }));
    }

    /// <summary>Both ends of the edges that lead to a workload, so that a workload that is not installed leaves no opening either.</summary>
    public static IEnumerable<KubernetesObject> Of(ClusterGraph graph, ClusterWorkload workload)
    {
        var cluster = graph.Settings;
        var labels = Labels.Of(cluster, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version);
        var edges = graph.Edges.Where(edge => edge.To == workload.Name).ToLookup(edge => edge.Port);
        List<V1NetworkPolicyIngressRule> ingress = [.. edges.Select(port => new V1NetworkPolicyIngressRule { FromProperty = [PodsNamed(cluster, port.Select(edge => edge.From))], Ports = [Port(port.Key)] })];
        var open = workload.Ports.Where(port => port.External).Select(port => Port(port.Number)).ToList();
        if (open.Count > 0) ingress.Add(new V1NetworkPolicyIngressRule { Ports = open });
        if (ingress.Count > 0)
            yield return new KubernetesObject("networkpolicy.yaml", Policy(cluster, workload.Name, labels, new V1NetworkPolicySpec
            {
                PodSelector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload.Name) },
                PolicyTypes = ["Ingress"],
                Ingress = ingress,
            }));
        foreach (var callers in edges.Where(port => port.Any()))
            yield return new KubernetesObject($"networkpolicy-clients-{callers.Key}.yaml", Clients(cluster, workload.Name, callers.Key, callers.Select(edge => edge.From), labels));
        if (workload.Settings.Egress.Count > 0)
            yield return new KubernetesObject("networkpolicy-sites.yaml", ToSites(cluster, workload, labels));
        if (workload.Settings.Dds.Count > 0)
            yield return new KubernetesObject("networkpolicy-dds.yaml", WithDomains(cluster, workload, labels));
        if (workload.Settings.ApiRights is not null)
            yield return new KubernetesObject("networkpolicy-cluster-api.yaml", ClusterApi(cluster, workload, labels));
    }

    /// <summary>The way out to services outside the cluster.</summary>
    public static V1NetworkPolicy ToOutside(ClusterSettings cluster, string name, IEnumerable<string> callers, IEnumerable<int> ports, IDictionary<string, string> labels) =>
        Policy(cluster, name, labels, new V1NetworkPolicySpec
        {
            PodSelector = NamedIn(callers),
            PolicyTypes = ["Egress"],
            Egress = [new V1NetworkPolicyEgressRule { To = [Network("0.0.0.0/0")], Ports = [.. ports.Distinct().Order().Select(port => Port(port))] }],
        });

    /// <summary>The way in from outside the cluster to some ports of a workload.</summary>
    public static V1NetworkPolicy FromOutside(ClusterSettings cluster, string name, string workload, IEnumerable<int> ports, IDictionary<string, string> labels) =>
        Policy(cluster, name, labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload) },
            PolicyTypes = ["Ingress"],
            Ingress = [new V1NetworkPolicyIngressRule { Ports = [.. ports.Select(port => Port(port))] }],
        });

    /// <summary>The way in from the pods of another namespace.</summary>
    public static V1NetworkPolicy FromNamespace(ClusterSettings cluster, string name, string workload, string space, int port, IDictionary<string, string> labels) =>
        Policy(cluster, name, labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload) },
            PolicyTypes = ["Ingress"],
            Ingress = [new V1NetworkPolicyIngressRule { FromProperty = [new V1NetworkPolicyPeer { NamespaceSelector = NamespaceNamed(space) }], Ports = [Port(port)] }],
        });

    /// <summary>The ingress rule that lets only the ingress controller in.</summary>
    public static V1NetworkPolicyIngressRule FromIngressController(ClusterSettings cluster, IEnumerable<int> ports) => new()
    {
        FromProperty = [new V1NetworkPolicyPeer { NamespaceSelector = NamespaceNamed(cluster.Production.IngressNamespace) }],
        Ports = [.. ports.Select(port => Port(port))],
    };

    private static V1NetworkPolicy Clients(ClusterSettings cluster, string workload, int port, IEnumerable<string> callers, Dictionary<string, string> labels) =>
        Policy(cluster, $"{workload}-clients-{port}", labels, new V1NetworkPolicySpec
        {
            PodSelector = NamedIn(callers),
            PolicyTypes = ["Egress"],
            Egress = [new V1NetworkPolicyEgressRule { To = [PodsNamed(cluster, [workload])], Ports = [Port(port)] }],
        });

    /// <summary>The way out to the networks that the settings name, and to nothing else.</summary>
    private static V1NetworkPolicy ToSites(ClusterSettings cluster, ClusterWorkload workload, Dictionary<string, string> labels) =>
        Policy(cluster, $"{workload.Name}-sites", labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload.Name) },
            PolicyTypes = ["Egress"],
            Egress = [.. workload.Settings.Egress.Select(rule => new V1NetworkPolicyEgressRule { To = [Network(rule.Cidr)], Ports = [.. rule.Ports.Select(port => Port(port))] })],
        });

    /// <summary>Both ways between a workload and participants of DDS domains, which send to each other's ports.</summary>
    private static V1NetworkPolicy WithDomains(ClusterSettings cluster, ClusterWorkload workload, Dictionary<string, string> labels) =>
        Policy(cluster, $"{workload.Name}-dds", labels, new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = Labels.Selector(cluster, workload.Name) },
            PolicyTypes = ["Ingress", "Egress"],
            Ingress = [.. workload.Settings.Dds.Select(network => new V1NetworkPolicyIngressRule { FromProperty = [Network(network.Cidr)], Ports = [.. network.Domains.Select(DomainPorts)] })],
            Egress = [.. workload.Settings.Dds.Select(network => new V1NetworkPolicyEgressRule { To = [Network(network.Cidr)], Ports = [.. network.Domains.Select(DomainPorts)] })],
        });

    /// <summary>The UDP ports of a domain: PB + DG × id and those up to the next domain's (DDSI-RTPS 2.5, 9.6.2.3).</summary>
    private static V1NetworkPolicyPort DomainPorts(int domain)
    {
        const int first = 7400;
        const int each = 250;
        var begin = first + (each * domain);
        return new V1NetworkPolicyPort { Port = begin, EndPort = Math.Min(begin + each - 1, ushort.MaxValue), Protocol = "UDP" };
    }

    /// <summary>The API server is no pod, and its address differs by cluster: the port is all that can be said of it.</summary>
    private static V1NetworkPolicy ClusterApi(ClusterSettings cluster, ClusterWorkload workload, Dictionary<string, string> labels) =>
        ToOutside(cluster, $"{workload.Name}-cluster-api", [workload.Name], [443, 6443], labels);

    private static V1NetworkPolicy Policy(ClusterSettings cluster, string name, IDictionary<string, string> labels, V1NetworkPolicySpec spec) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "NetworkPolicy",
        Metadata = Labels.Metadata(cluster, name, labels),
        Spec = spec,
    };

    private static V1NetworkPolicyPeer PodsNamed(ClusterSettings cluster, IEnumerable<string> names) =>
        new() { PodSelector = names.ToArray() is [var only] ? new V1LabelSelector { MatchLabels = Labels.Selector(cluster, only) } : NamedIn(names) };

    private static V1LabelSelector NamedIn(IEnumerable<string> names) =>
        new() { MatchExpressions = [new V1LabelSelectorRequirement { Key = Labels.Name, OperatorProperty = "In", Values = [.. names.Order(StringComparer.Ordinal)] }] };

    private static V1LabelSelector NamespaceNamed(string name) => new() { MatchLabels = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = name } };

    private static V1NetworkPolicyPeer Network(string cidr) => new() { IpBlock = new V1IPBlock { Cidr = cidr } };

    private static V1NetworkPolicyPort Port(int port, string protocol = "TCP") => new() { Port = port, Protocol = protocol };
}
