using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Works out which connections the NetworkPolicies let through, as a network plugin would.</summary>
internal static class NetworkChecks
{
    private const string Name = "app.kubernetes.io/name";

    /// <summary>Stands for everything outside the cluster.</summary>
    public const string Outside = "*";

    /// <summary>Stands for the pods of another namespace.</summary>
    public static string Namespace(string name) => $"{name}/*";

    /// <summary>Connections <c>from → to:port</c> that both ends allow, DNS aside.</summary>
    public static IReadOnlySet<string> Allowed(ClusterObjects objects, string space = "robot")
    {
        var policies = objects.OfKind<V1NetworkPolicy>().Where(policy => policy.Metadata.NamespaceProperty == space).ToArray();
        var pods = objects.Workloads.Where(item => item.Space == space).ToDictionary(item => item.Labels[Name], item => item.Labels);
        if (pods.Values.Any(labels => !Isolated(policies, labels, "Ingress") || !Isolated(policies, labels, "Egress")))
            throw new InvalidOperationException("A pod is not isolated: there is no policy that denies by default.");
        var allowed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (from, source) in pods)
        {
            foreach (var (to, target) in pods)
                allowed.UnionWith(Ports(Out(policies, source), rule => Peers(rule.To, target)).Intersect(Ports(In(policies, target), rule => Peers(rule.FromProperty, source))).Select(port => $"{from} -> {to}:{port}"));
            allowed.UnionWith(Ports(Out(policies, source), rule => (rule.To ?? []).Any(peer => peer.IpBlock is not null)).Select(port => $"{from} -> {Outside}:{port}"));
        }

        foreach (var (to, target) in pods)
        {
            allowed.UnionWith(Ports(In(policies, target), rule => rule.FromProperty is not { Count: > 0 }).Select(port => $"{Outside} -> {to}:{port}"));
            allowed.UnionWith(
                from rule in In(policies, target)
                from peer in rule.FromProperty ?? []
                where peer.NamespaceSelector is not null
                from port in rule.Ports
                select $"{Namespace(peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"])} -> {to}:{port.Port.Value}");
        }

        return allowed;
    }

    private static bool Isolated(IEnumerable<V1NetworkPolicy> policies, IDictionary<string, string> labels, string direction) =>
        policies.Any(policy => policy.Spec.PolicyTypes.Contains(direction) && Matches(policy.Spec.PodSelector, labels));

    private static IEnumerable<V1NetworkPolicyEgressRule> Out(IEnumerable<V1NetworkPolicy> policies, IDictionary<string, string> labels) =>
        policies.Where(policy => Matches(policy.Spec.PodSelector, labels)).SelectMany(policy => policy.Spec.Egress ?? []).Where(rule => rule.Ports.All(port => port.Port.Value != "53"));

    private static IEnumerable<V1NetworkPolicyIngressRule> In(IEnumerable<V1NetworkPolicy> policies, IDictionary<string, string> labels) =>
        policies.Where(policy => Matches(policy.Spec.PodSelector, labels)).SelectMany(policy => policy.Spec.Ingress ?? []);

    private static IEnumerable<string> Ports(IEnumerable<V1NetworkPolicyEgressRule> rules, Func<V1NetworkPolicyEgressRule, bool> applies) =>
        rules.Where(applies).SelectMany(rule => rule.Ports).Select(port => port.Port.Value).Distinct();

    private static IEnumerable<string> Ports(IEnumerable<V1NetworkPolicyIngressRule> rules, Func<V1NetworkPolicyIngressRule, bool> applies) =>
        rules.Where(applies).SelectMany(rule => rule.Ports).Select(port => port.Port.Value).Distinct();

    /// <summary>No peers at all means everyone; a peer with only a pod selector means this namespace.</summary>
    private static bool Peers(IList<V1NetworkPolicyPeer>? peers, IDictionary<string, string> labels) =>
        peers is not { Count: > 0 } || peers.Any(peer => peer is { PodSelector: not null, NamespaceSelector: null } && Matches(peer.PodSelector, labels));

    private static bool Matches(V1LabelSelector selector, IDictionary<string, string> labels) =>
        ReferenceChecks.Selects(selector.MatchLabels ?? new Dictionary<string, string>(), labels)
        && (selector.MatchExpressions ?? []).All(wanted => wanted.OperatorProperty == "In" && labels.TryGetValue(wanted.Key, out var value) && wanted.Values.Contains(value));
}
