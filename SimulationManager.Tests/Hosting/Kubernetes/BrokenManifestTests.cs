using k8s.Models;
using YamlDotNet.Core;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Each check is worth something only if it fails on manifests that are broken on purpose.</summary>
public sealed class BrokenManifestTests
{
    private const string Overlay = "overlays/dev";

    private static readonly Dictionary<string, (string Check, Action<ClusterObjects> Break)> _faults = new()
    {
        ["root user"] = (nameof(PodChecks.Restricted), objects => Api(objects).Spec.Template.Spec.SecurityContext.RunAsUser = 0),
        ["privileged"] = (nameof(PodChecks.Restricted), objects => Container(objects).SecurityContext.Privileged = true),
        ["writable root"] = (nameof(PodChecks.Restricted), objects => Container(objects).SecurityContext.ReadOnlyRootFilesystem = false),
        ["capabilities kept"] = (nameof(PodChecks.Restricted), objects => Container(objects).SecurityContext.Capabilities = null),
        ["no seccomp"] = (nameof(PodChecks.Restricted), objects => Api(objects).Spec.Template.Spec.SecurityContext.SeccompProfile = null),
        ["host disk"] = (nameof(PodChecks.Restricted), objects => Api(objects).Spec.Template.Spec.Volumes[0].HostPath = new V1HostPathVolumeSource { Path = "/" }),
        ["no limits"] = (nameof(PodChecks.Sized), objects => Container(objects).Resources.Limits.Clear()),
        ["latest"] = (nameof(PodChecks.PinnedImages), objects => Container(objects).Image = "docker.io/library/api:latest"),
        ["no tag"] = (nameof(PodChecks.PinnedImages), objects => Container(objects).Image = "localhost:5000/api"),
        ["no liveness"] = (nameof(PodChecks.Probed), objects => Container(objects).LivenessProbe = null),
        ["probe of another port"] = (nameof(PodChecks.Probed), objects => Container(objects).ReadinessProbe.HttpGet.Port = "web"),
        ["shell before the server"] = (nameof(PodChecks.Stoppable), objects => objects.Find<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0].Args[1] = "redis-server --save 60 1"),
        ["volume gone"] = (nameof(PodChecks.Mounted), objects => Api(objects).Spec.Template.Spec.Volumes.Clear()),
        ["selector of no pods"] = (nameof(ReferenceChecks.ServicesSelectPods), objects => objects.Find<V1Service>("api").Spec.Selector["app.kubernetes.io/name"] = "web"),
        ["target port of none"] = (nameof(ReferenceChecks.ServicesSelectPods), objects => objects.Find<V1Service>("api").Spec.Ports[0].TargetPort = "web"),
        ["no headless service"] = (nameof(ReferenceChecks.ServicesSelectPods), objects => objects.Find<V1Service>("redis").Spec.ClusterIP = null),
        ["pods of other labels"] = (nameof(ReferenceChecks.SelectorsMatchTheirPods), objects => Api(objects).Spec.Template.Metadata.Labels["app.kubernetes.io/name"] = "web"),
        ["volume of another claim"] = (nameof(ReferenceChecks.ClaimsHaveVolumes), objects => objects.Find<V1PersistentVolume>("postgres-pv").Spec.ClaimRef.Name = "data-minio-0"),
        ["volume too small"] = (nameof(ReferenceChecks.ClaimsHaveVolumes), objects => objects.Find<V1PersistentVolume>("postgres-pv").Spec.Capacity["storage"] = new ResourceQuantity("1Gi")),
        ["ConfigMap gone"] = (nameof(ReferenceChecks.EnvironmentResolves), objects => objects.All.RemoveAll(item => item is V1ConfigMap map && map.Metadata.Name.StartsWith("api-env", StringComparison.Ordinal))),
        ["Secret key that nobody makes"] = (nameof(ReferenceChecks.EnvironmentResolves), objects => Container(objects).Env.First(variable => variable.ValueFrom?.SecretKeyRef is not null).ValueFrom.SecretKeyRef.Key = "pasword"),
        ["variable used before it is set"] = (nameof(ReferenceChecks.EnvironmentResolves), objects => Container(objects).Env.Insert(0, new V1EnvVar { Name = "EARLY", Value = "$(REDIS_PASSWORD)" })),
        ["account gone"] = (nameof(ReferenceChecks.EnvironmentResolves), objects => objects.All.Remove(objects.Find<V1ServiceAccount>("api"))),
        ["address of no service"] = (nameof(ReferenceChecks.AddressesAreServices), objects => Container(objects).Env.First(variable => variable.Name == "ConnectionStrings__robotdb").Value = "Host=db;Port=5432"),
        ["address of another port"] = (nameof(ReferenceChecks.AddressesAreServices), objects => objects.Find<V1Service>("postgres").Spec.Ports[0].Port = 5433),
        ["autoscaler of nothing"] = (nameof(ReferenceChecks.AutoscalersHaveTargets), objects => objects.Find<V2HorizontalPodAutoscaler>("worker").Spec.ScaleTargetRef.Name = "silo"),
        ["autoscaler without a request"] = (nameof(ReferenceChecks.AutoscalersHaveTargets), objects => Container(objects).Resources.Requests.Remove("cpu")),
        ["replicas against the autoscaler"] = (nameof(ReferenceChecks.AutoscalersHaveTargets), objects => Api(objects).Spec.Replicas = 1),
        ["role gone"] = (nameof(ReferenceChecks.RightsAreBound), objects => objects.All.Remove(objects.Find<V1Role>("worker"))),
        ["password in a ConfigMap"] = (nameof(SecrecyChecks.NoPlainSecret), objects => objects.OfKind<V1ConfigMap>().First().Data["REDIS_PASSWORD"] = "hunter2"),
        ["password in a connection string"] = (nameof(SecrecyChecks.NoPlainSecret), objects => Container(objects).Env.Add(new V1EnvVar { Name = "ConnectionStrings__other", Value = "Host=postgres;Password=hunter2" })),
        ["password in a URI"] = (nameof(SecrecyChecks.NoPlainSecret), objects => objects.OfKind<V1ConfigMap>().First().Data["OTHER_URI"] = "redis://:hunter2@redis:6379"),
        ["Secret in the manifests"] = (nameof(SecrecyChecks.NoPlainSecret), objects => objects.All.Add(new V1Secret { Metadata = new V1ObjectMeta { Name = "s", Labels = Api(objects).Metadata.Labels } })),
        ["expression left over"] = (nameof(SecrecyChecks.NothingUnresolved), objects => objects.OfKind<V1ConfigMap>().First().Data["ROBOTDB_URI"] = "{postgres-password-uri-encoded.value}"),
        ["label gone"] = (nameof(LabelChecks.Labelled), objects => Api(objects).Metadata.Labels.Remove("app.kubernetes.io/part-of")),
    };

    public static TheoryData<string> Faults => [.. _faults.Keys];

    [Theory, MemberData(nameof(Faults))]
    public async Task Check_finds_fault(string fault)
    {
        var objects = await Kustomize.BuildAsync(Overlay);
        var (check, breakIt) = _faults[fault];
        Assert.Empty(Checks.All[check](objects));

        breakIt(objects);

        Assert.NotEmpty(Checks.All[check](objects));
    }

    [Fact]
    public async Task Every_check_has_been_seen_to_fail()
    {
        var objects = await Kustomize.BuildAsync("overlays/prod");
        objects.Find<V1Ingress>("api").Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Name = "web";

        Assert.NotEmpty(ReferenceChecks.IngressesHaveBackends(objects));
        Assert.Equal(Checks.All.Keys.Order(), _faults.Values.Select(fault => fault.Check).Append(nameof(ReferenceChecks.IngressesHaveBackends)).Distinct().Order());
    }

    [Theory]
    [InlineData("metadata:\n  name: x\nspec:\n  clusterIp: None\n")]
    [InlineData("metadata:\n  name: x\n  nmespace: y\n")]
    public void Unknown_field_is_an_error(string body) =>
        Assert.ThrowsAny<YamlException>(() => Kustomize.Read($"apiVersion: v1\nkind: Service\n{body}"));

    private static V1Deployment Api(ClusterObjects objects) => objects.Find<V1Deployment>("api");

    private static V1Container Container(ClusterObjects objects) => Api(objects).Spec.Template.Spec.Containers[0];
}
