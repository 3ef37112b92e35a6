using k8s;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The objects of an overlay, and the Secrets that the installation makes beside them.</summary>
internal sealed class ClusterObjects(List<IKubernetesObject<V1ObjectMeta>> all, IReadOnlySet<(string Secret, string Key)> secretKeys)
{
    public List<IKubernetesObject<V1ObjectMeta>> All { get; } = all;

    /// <summary>Keys of <c>secrets.tsv</c>.</summary>
    public IReadOnlySet<(string Secret, string Key)> SecretKeys { get; } = secretKeys;

    public IEnumerable<Pods> Workloads => All.Select(Pods.Of).OfType<Pods>();

    public IEnumerable<T> OfKind<T>() => All.OfType<T>();

    public T Find<T>(string name) where T : IKubernetesObject<V1ObjectMeta> => OfKind<T>().First(item => item.Metadata.Name == name);
}

/// <summary>The pods that an object makes.</summary>
internal sealed record Pods(string Kind, string Name, string Space, V1PodTemplateSpec Template, IList<V1PersistentVolumeClaim> Claims, int? Replicas)
{
    public V1PodSpec Spec => Template.Spec;

    public IDictionary<string, string> Labels => Template.Metadata.Labels;

    public IEnumerable<V1Container> Containers => [.. Spec.InitContainers ?? [], .. Spec.Containers];

    public static Pods? Of(IKubernetesObject<V1ObjectMeta> item) => item switch
    {
        V1Deployment x => new("Deployment", x.Metadata.Name, x.Metadata.NamespaceProperty, x.Spec.Template, [], x.Spec.Replicas),
        V1StatefulSet x => new("StatefulSet", x.Metadata.Name, x.Metadata.NamespaceProperty, x.Spec.Template, x.Spec.VolumeClaimTemplates ?? [], x.Spec.Replicas),
        V1DaemonSet x => new("DaemonSet", x.Metadata.Name, x.Metadata.NamespaceProperty, x.Spec.Template, [], null),
        V1Job x => new("Job", x.Metadata.Name, x.Metadata.NamespaceProperty, x.Spec.Template, [], null),
        _ => null,
    };

    public override string ToString() => $"{Kind} {Name}";
}
