using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What must hold between objects: whatever one names, another is.</summary>
internal static partial class ReferenceChecks
{
    public static IEnumerable<string> ServicesSelectPods(ClusterObjects objects)
    {
        foreach (var service in objects.OfKind<V1Service>())
        {
            var name = $"Service {service.Metadata.Name}";
            var selected = objects.Workloads.Where(pods => pods.Space == service.Metadata.NamespaceProperty && Selects(service.Spec.Selector, pods.Labels)).ToArray();
            if (selected.Length != 1) yield return $"{name} selects {selected.Length} workloads";
            foreach (var port in service.Spec.Ports)
            {
                if (selected.SelectMany(pods => pods.Containers).SelectMany(container => container.Ports ?? []).All(own => own.Name != port.TargetPort.Value && $"{own.ContainerPort}" != port.TargetPort.Value))
                    yield return $"{name} sends to port '{port.TargetPort.Value}', which its pods do not have";
            }
        }

        foreach (var set in objects.OfKind<V1StatefulSet>())
        {
            if (!objects.OfKind<V1Service>().Any(service => service.Metadata.Name == set.Spec.ServiceName && service.Spec.ClusterIP == "None"))
                yield return $"StatefulSet {set.Metadata.Name} has no headless service '{set.Spec.ServiceName}'";
        }
    }

    public static IEnumerable<string> SelectorsMatchTheirPods(ClusterObjects objects)
    {
        foreach (var item in objects.OfKind<V1Deployment>())
            if (!Selects(item.Spec.Selector.MatchLabels, item.Spec.Template.Metadata.Labels)) yield return $"Deployment {item.Metadata.Name} does not select its pods";
        foreach (var item in objects.OfKind<V1StatefulSet>())
            if (!Selects(item.Spec.Selector.MatchLabels, item.Spec.Template.Metadata.Labels)) yield return $"StatefulSet {item.Metadata.Name} does not select its pods";
        foreach (var item in objects.OfKind<V1PodDisruptionBudget>())
            if (!objects.Workloads.Any(pods => Selects(item.Spec.Selector.MatchLabels, pods.Labels) && pods.Kind != "Job")) yield return $"PodDisruptionBudget {item.Metadata.Name} protects nothing";
    }

    /// <summary>A claim of a class that nobody provisions needs a volume that is reserved for it.</summary>
    public static IEnumerable<string> ClaimsHaveVolumes(ClusterObjects objects)
    {
        foreach (var pods in objects.Workloads)
        {
            foreach (var claim in pods.Claims.Where(claim => claim.Spec.StorageClassName is not null))
            {
                var name = $"{claim.Metadata.Name}-{pods.Name}-0";
                var volume = objects.OfKind<V1PersistentVolume>().FirstOrDefault(volume =>
                    volume.Spec.StorageClassName == claim.Spec.StorageClassName && volume.Spec.ClaimRef?.Name == name && volume.Spec.ClaimRef.NamespaceProperty == pods.Space);
                if (volume is null) yield return $"the claim {name} has no volume";
                else if (volume.Spec.Capacity["storage"].ToDecimal() < claim.Spec.Resources.Requests["storage"].ToDecimal()) yield return $"the volume of {name} is too small";
                else if (volume.Spec.PersistentVolumeReclaimPolicy != "Retain") yield return $"the volume of {name} is not retained";
            }
        }
    }

    public static IEnumerable<string> EnvironmentResolves(ClusterObjects objects)
    {
        foreach (var pods in objects.Workloads)
        {
            foreach (var container in pods.Containers)
            {
                var known = new HashSet<string>(StringComparer.Ordinal);
                foreach (var source in (container.EnvFrom ?? []).Where(source => source.ConfigMapRef?.Optional != true))
                {
                    var map = objects.OfKind<V1ConfigMap>().FirstOrDefault(map => map.Metadata.Name == source.ConfigMapRef?.Name && map.Metadata.NamespaceProperty == pods.Space);
                    if (map is null) yield return $"{pods} takes ConfigMap '{source.ConfigMapRef?.Name}', which is not there";
                    else known.UnionWith(map.Data.Keys);
                }

                foreach (var variable in container.Env ?? [])
                {
                    if (!known.Add(variable.Name)) yield return $"{pods} sets {variable.Name} twice";
                    if (variable.ValueFrom?.SecretKeyRef is { } secret && !objects.SecretKeys.Contains((secret.Name, secret.Key)))
                        yield return $"{pods} takes '{secret.Key}' of Secret '{secret.Name}', which no installation makes";
                    foreach (Match match in VariableReference().Matches(variable.Value ?? ""))
                        if (!known.Contains(match.Groups[1].Value)) yield return $"{pods}: {variable.Name} uses $({match.Groups[1].Value}) before it is set";
                }
            }

            foreach (var map in (pods.Spec.Volumes ?? []).Select(volume => volume.ConfigMap?.Name).OfType<string>())
                if (!objects.OfKind<V1ConfigMap>().Any(item => item.Metadata.Name == map)) yield return $"{pods} mounts ConfigMap '{map}', which is not there";
            if (pods.Spec.ServiceAccountName is { } account && !objects.OfKind<V1ServiceAccount>().Any(item => item.Metadata.Name == account && item.Metadata.NamespaceProperty == pods.Space))
                yield return $"{pods} runs as '{account}', which is not there";
        }
    }

    /// <summary>Every address in a setting is a Service of the namespace, on a port that it has.</summary>
    public static IEnumerable<string> AddressesAreServices(ClusterObjects objects)
    {
        var services = objects.OfKind<V1Service>().ToDictionary(service => service.Metadata.Name, service => service.Spec.Ports.Select(port => port.Port).ToHashSet());
        foreach (var (owner, text) in Settings(objects))
        {
            foreach (Match match in Address().Matches(text))
            {
                if (!services.TryGetValue(match.Groups["host"].Value, out var ports)) yield return $"{owner}: '{match.Groups["host"].Value}' is no service";
                else if (!ports.Contains(int.Parse(match.Groups["port"].Value, System.Globalization.CultureInfo.InvariantCulture))) yield return $"{owner}: service '{match.Groups["host"].Value}' has no port {match.Groups["port"].Value}";
            }
        }
    }

    /// <summary>Autoscalers scale what is there, by a measure of what it requests, and alone.</summary>
    public static IEnumerable<string> AutoscalersHaveTargets(ClusterObjects objects)
    {
        foreach (var scaler in objects.OfKind<V2HorizontalPodAutoscaler>())
        {
            var target = objects.Workloads.FirstOrDefault(pods => pods.Kind == scaler.Spec.ScaleTargetRef.Kind && pods.Name == scaler.Spec.ScaleTargetRef.Name);
            if (target is null) yield return $"HorizontalPodAutoscaler {scaler.Metadata.Name} scales nothing";
            else if (target.Containers.Any(container => container.Resources?.Requests?.ContainsKey("cpu") != true)) yield return $"{target} is scaled by CPU but requests none";
            else if (target.Replicas is not null) yield return $"{target} sets replicas against its autoscaler";
        }
    }

    public static IEnumerable<string> IngressesHaveBackends(ClusterObjects objects) =>
        from ingress in objects.OfKind<V1Ingress>()
        from rule in ingress.Spec.Rules
        from path in rule.Http.Paths
        where !objects.OfKind<V1Service>().Any(service => service.Metadata.Name == path.Backend.Service.Name && service.Spec.Ports.Any(port => port.Name == path.Backend.Service.Port.Name))
        select $"Ingress {ingress.Metadata.Name} sends to {path.Backend.Service.Name}:{path.Backend.Service.Port.Name}, which is not there";

    public static IEnumerable<string> RightsAreBound(ClusterObjects objects) =>
        from binding in objects.OfKind<V1RoleBinding>()
        where binding.RoleRef.Name != "extension-apiserver-authentication-reader"
        where !objects.OfKind<V1Role>().Any(role => role.Metadata.Name == binding.RoleRef.Name && role.Metadata.NamespaceProperty == binding.Metadata.NamespaceProperty)
            || binding.Subjects.Any(subject => !objects.OfKind<V1ServiceAccount>().Any(account => account.Metadata.Name == subject.Name && account.Metadata.NamespaceProperty == subject.NamespaceProperty))
        select $"RoleBinding {binding.Metadata.Name} binds what is not there";

    /// <summary>All plain settings, with their owner.</summary>
    public static IEnumerable<(string Owner, string Text)> Settings(ClusterObjects objects) =>
        objects.OfKind<V1ConfigMap>().SelectMany(map => map.Data.Select(entry => ($"ConfigMap {map.Metadata.Name}: {entry.Key}", $"{entry.Key}={entry.Value}")))
            .Concat(
                from pods in objects.Workloads
                from container in pods.Containers
                from variable in container.Env ?? []
                where variable.Value is not null
                select ($"{pods}: {variable.Name}", $"{variable.Name}={variable.Value}"));

    public static bool Selects(IDictionary<string, string> selector, IDictionary<string, string> labels) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    [GeneratedRegex(@"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex VariableReference();

    [GeneratedRegex(@"(?:Host=(?<host>[a-z0-9-]+);Port=(?<port>\d+))|(?:://(?:[^@/]*@)?(?<host>[a-z0-9-]+):(?<port>\d+))|(?:redis=(?<host>[a-z0-9-]+):(?<port>\d+))")]
    private static partial Regex Address();
}
