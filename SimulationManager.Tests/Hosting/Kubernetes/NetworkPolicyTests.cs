using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The policies let through the edges of the graph in design.md, and nothing else.</summary>
public sealed class NetworkPolicyTests
{
    private static readonly string[] _edges =
    [
        "* -> api:8080",
        "api -> postgres:5432", "api -> redis:6379", "api -> minio:9000", "api -> mqtt:1883", "api -> worker:30000",
        "worker -> postgres:5432", "worker -> redis:6379", "worker -> minio:9000", "worker -> mqtt:1883", "worker -> worker:11111", "worker -> worker:30000",
        "worker -> *:443", "worker -> *:6443",
        "migration -> postgres:5432",
        "metrics -> api:8080", "metrics -> worker:8080",
    ];

    private static readonly string[] _managedEdges =
    [
        "ingress-nginx/* -> api:8080", "api -> worker:30000", "worker -> worker:11111", "worker -> worker:30000", "worker -> *:6443",
        "metrics -> api:8080", "metrics -> worker:8080",
        .. from pod in (string[])["api", "migration", "worker"] from port in (int[])[443, 5432, 6379, 6380, 9000] select $"{pod} -> *:{port}",
    ];

    public static TheoryData<string, string[]> Expected => new()
    {
        { "", _edges },
        { "overlays/dev", [.. _edges, "* -> minio:9000", "* -> minio:9001"] },
        { "overlays/prod", _managedEdges },
        { "overlays/prod-minio", [.. _managedEdges, "api -> minio:9000", "worker -> minio:9000", "minio -> minio:9000"] },
    };

    [Theory, MemberData(nameof(Expected))]
    public async Task Policies_allow_exactly_the_graphs_edges(string overlay, string[] edges)
    {
        var allowed = NetworkChecks.Allowed(await Kustomize.BuildAsync(overlay));

        Assert.Equal(edges.Order(StringComparer.Ordinal), allowed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Names_are_asked_of_the_clusters_DNS_and_of_a_nodes_cache_only()
    {
        var policy = (await Kustomize.BuildAsync("")).Find<V1NetworkPolicy>("dns");

        var rule = Assert.Single(policy.Spec.Egress);

        Assert.All(rule.Ports, port => Assert.Equal("53", port.Port.Value));
        Assert.Equal(["kube-dns", "169.254.20.10/32"], rule.To.Select(peer => peer.IpBlock?.Cidr ?? peer.PodSelector.MatchLabels["k8s-app"]));
    }

    [Fact]
    public async Task Edges_are_lost_when_a_policy_is()
    {
        var objects = await Kustomize.BuildAsync("");
        objects.All.Remove(objects.Find<V1NetworkPolicy>("redis"));

        Assert.DoesNotContain("api -> redis:6379", NetworkChecks.Allowed(objects));
    }

    [Fact]
    public async Task Pods_are_seen_to_be_open_when_nothing_denies_by_default()
    {
        var objects = await Kustomize.BuildAsync("");
        objects.All.Remove(objects.Find<V1NetworkPolicy>("default-deny"));

        Assert.Throws<InvalidOperationException>(() => NetworkChecks.Allowed(objects));
    }
}
