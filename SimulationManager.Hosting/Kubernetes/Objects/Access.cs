using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>An account for each workload, and rights on the cluster's API for those that need them.</summary>
internal static class Access
{
    public static IEnumerable<KubernetesObject> Of(ClusterSettings cluster, ClusterWorkload workload)
    {
        var labels = Labels.Of(cluster, workload.Name, workload.Settings.Component, workload.Settings.Stage, workload.Version);
        yield return new KubernetesObject("serviceaccount.yaml", Account(cluster, workload.Name, labels));
        if (workload.Settings.ApiRights is not { } rights) yield break;
        yield return new KubernetesObject("role.yaml", new V1Role
        {
            ApiVersion = "rbac.authorization.k8s.io/v1",
            Kind = "Role",
            Metadata = Labels.Metadata(cluster, workload.Name, labels),
            Rules = [.. rights.Select(right => new V1PolicyRule { ApiGroups = [right.ApiGroup], Resources = [.. right.Resources], Verbs = [.. right.Verbs] })],
        });
        yield return new KubernetesObject("rolebinding.yaml", new V1RoleBinding
        {
            ApiVersion = "rbac.authorization.k8s.io/v1",
            Kind = "RoleBinding",
            Metadata = Labels.Metadata(cluster, workload.Name, labels),
            RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = workload.Name },
            Subjects = [new Rbacv1Subject { Kind = "ServiceAccount", Name = workload.Name, NamespaceProperty = cluster.Namespace }],
        });
    }

    public static V1ServiceAccount Account(ClusterSettings cluster, string name, IDictionary<string, string> labels) => new()
    {
        ApiVersion = "v1",
        Kind = "ServiceAccount",
        Metadata = Labels.Metadata(cluster, name, labels),
        AutomountServiceAccountToken = false,
    };
}
