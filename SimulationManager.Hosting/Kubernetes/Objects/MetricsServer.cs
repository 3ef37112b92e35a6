using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Output;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>The cluster's metrics-server, as its project installs it, in <c>kube-system</c>. Source: kubernetes-sigs/metrics-server, components.yaml.</summary>
internal static class MetricsServer
{
    public const string Name = "metrics-server";

    /// <summary>The API that it serves; a cluster has one.</summary>
    public const string ApiServiceName = "v1beta1.metrics.k8s.io";

    private const string Space = "kube-system";
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string PortName = "https";
    private const int Port = 10250;

    public static IReadOnlyList<KubernetesObject> Of(ClusterSettings cluster)
    {
        var metadata = (string name, string? space) => new V1ObjectMeta { Name = name, NamespaceProperty = space, Labels = LabelsOf(cluster) };
        return
        [
            new("serviceaccount.yaml", new V1ServiceAccount { ApiVersion = "v1", Kind = "ServiceAccount", Metadata = metadata(Name, Space) }),
            new("clusterrole-reader.yaml", Role(metadata("system:aggregated-metrics-reader", null), aggregated: true, Rule("metrics.k8s.io", ["pods", "nodes"], "get", "list", "watch"))),
            new("clusterrole.yaml", Role(metadata("system:metrics-server", null), aggregated: false, Rule("", ["nodes/metrics"], "get"), Rule("", ["pods", "nodes"], "get", "list", "watch"))),
            new("rolebinding-auth-reader.yaml", new V1RoleBinding
            {
                ApiVersion = Rbac + "/v1",
                Kind = "RoleBinding",
                Metadata = metadata("metrics-server-auth-reader", Space),
                RoleRef = new V1RoleRef { ApiGroup = Rbac, Kind = "Role", Name = "extension-apiserver-authentication-reader" },
                Subjects = [Account()],
            }),
            new("clusterrolebinding-delegator.yaml", Binding(metadata("metrics-server:system:auth-delegator", null), "system:auth-delegator")),
            new("clusterrolebinding.yaml", Binding(metadata("system:metrics-server", null), "system:metrics-server")),
            new("service.yaml", Service(metadata(Name, Space))),
            new("deployment.yaml", Deployment(cluster, metadata(Name, Space))),
            new("apiservice.yaml", ApiService(metadata(ApiServiceName, null))),
        ];
    }

    /// <summary>Arguments in production, where every kubelet must prove who it is.</summary>
    /// <exception cref="GenerationException">The settings would accept any certificate.</exception>
    public static IReadOnlyList<string> ProductionArguments(ClusterSettings cluster) =>
        cluster.MetricsServer.Arguments.Any(argument => argument.StartsWith(MetricsServerSettings.InsecureSwitch, StringComparison.Ordinal))
            ? throw new GenerationException($"Production refuses {MetricsServerSettings.InsecureSwitch}: anyone on the network could pass for a kubelet. Let the kubelets have certificates of the cluster's CA (serverTLSBootstrap: true).")
            : cluster.MetricsServer.Arguments;

    private static Dictionary<string, string> LabelsOf(ClusterSettings cluster)
    {
        var labels = Labels.Of(cluster, Name, "resource-metrics", InstallStage.Platform, ImageReference.VersionOf(cluster.MetricsServer.Image));
        labels["k8s-app"] = Name;
        return labels;
    }

    private static V1ClusterRole Role(V1ObjectMeta metadata, bool aggregated, params V1PolicyRule[] rules)
    {
        if (aggregated)
            foreach (var role in (string[])["admin", "edit", "view"])
                metadata.Labels[$"{Rbac}/aggregate-to-{role}"] = "true";
        return new V1ClusterRole { ApiVersion = Rbac + "/v1", Kind = "ClusterRole", Metadata = metadata, Rules = [.. rules] };
    }

    private static V1PolicyRule Rule(string group, string[] resources, params string[] verbs) => new() { ApiGroups = [group], Resources = [.. resources], Verbs = [.. verbs] };

    private static Rbacv1Subject Account() => new() { Kind = "ServiceAccount", Name = Name, NamespaceProperty = Space };

    private static V1ClusterRoleBinding Binding(V1ObjectMeta metadata, string role) => new()
    {
        ApiVersion = Rbac + "/v1",
        Kind = "ClusterRoleBinding",
        Metadata = metadata,
        RoleRef = new V1RoleRef { ApiGroup = Rbac, Kind = "ClusterRole", Name = role },
        Subjects = [Account()],
    };

    private static V1Service Service(V1ObjectMeta metadata) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = metadata,
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            Selector = new Dictionary<string, string> { ["k8s-app"] = Name },
            Ports = [new V1ServicePort { Name = PortName, Port = 443, TargetPort = PortName, Protocol = "TCP" }],
        },
    };

    private static V1Deployment Deployment(ClusterSettings cluster, V1ObjectMeta metadata) => new()
    {
        ApiVersion = "apps/v1",
        Kind = "Deployment",
        Metadata = metadata,
        Spec = new V1DeploymentSpec
        {
            Replicas = 1,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["k8s-app"] = Name } },
            Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 1, MaxUnavailable = 0 } },
            Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = LabelsOf(cluster) }, Spec = Pod(cluster) },
        },
    };

    private static V1PodSpec Pod(ClusterSettings cluster) => new()
    {
        ServiceAccountName = Name,
        PriorityClassName = "system-cluster-critical",
        NodeSelector = new Dictionary<string, string> { ["kubernetes.io/os"] = "linux" },
        SecurityContext = new V1PodSecurityContext { RunAsNonRoot = true, RunAsUser = 1000, SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" } },
        Containers =
        [
            new V1Container
            {
                Name = Name,
                Image = cluster.MetricsServer.Image,
                ImagePullPolicy = "IfNotPresent",
                Args = [.. ProductionArguments(cluster)],
                Ports = [new V1ContainerPort { Name = PortName, ContainerPort = Port, Protocol = "TCP" }],
                StartupProbe = Probe("/livez", 2, 60),
                ReadinessProbe = Probe("/readyz", 10, 3),
                LivenessProbe = Probe("/livez", 10, 3),
                Resources = new V1ResourceRequirements
                {
                    Requests = PodTemplate.Quantities(new ComputeSize("100m", "200Mi")),
                    Limits = PodTemplate.Quantities(new ComputeSize("500m", "400Mi")),
                },
                SecurityContext = PodTemplate.ContainerSecurity(),
                VolumeMounts = [new V1VolumeMount { Name = "tmp", MountPath = "/tmp" }],
            },
        ],
        Volumes = [new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() }],
    };

    private static V1Probe Probe(string path, int period, int failures) => new()
    {
        PeriodSeconds = period,
        FailureThreshold = failures,
        HttpGet = new V1HTTPGetAction { Path = path, Port = PortName, Scheme = "HTTPS" },
    };

    /// <summary>The API server does not check this one certificate, which metrics-server makes for itself at each start; its project ships it so.</summary>
    private static V1APIService ApiService(V1ObjectMeta metadata) => new()
    {
        ApiVersion = "apiregistration.k8s.io/v1",
        Kind = "APIService",
        Metadata = metadata,
        Spec = new V1APIServiceSpec
        {
            Group = "metrics.k8s.io",
            Version = "v1beta1",
            GroupPriorityMinimum = 100,
            VersionPriority = 100,
            InsecureSkipTLSVerify = true,
            Service = new Apiregistrationv1ServiceReference { Name = Name, NamespaceProperty = Space },
        },
    };
}
