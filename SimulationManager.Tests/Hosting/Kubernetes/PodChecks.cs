using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What must hold for each pod by itself. Every check gives the faults it finds, as sentences.</summary>
internal static partial class PodChecks
{
    /// <summary>The only pods that may be root: they hand folders of a development node to the stores.</summary>
    private const string HostFolders = "host-folders";

    /// <summary>The <c>restricted</c> pod security standard, and a read-only root.</summary>
    public static IEnumerable<string> Restricted(ClusterObjects objects)
    {
        foreach (var pods in objects.Workloads)
        {
            var pod = pods.Spec.SecurityContext;
            if (pods.Name != HostFolders && (pod?.RunAsNonRoot != true || pod.RunAsUser is null or 0)) yield return $"{pods} may run as root";
            if (pod?.SeccompProfile?.Type != "RuntimeDefault") yield return $"{pods} has no seccomp profile";
            if (pods.Spec.HostNetwork == true || pods.Spec.HostPID == true || pods.Spec.HostIPC == true) yield return $"{pods} shares the host's namespaces";
            if (pods.Name != HostFolders && (pods.Spec.Volumes ?? []).Any(volume => volume.HostPath is not null)) yield return $"{pods} mounts the host's disk";
            foreach (var container in pods.Containers)
            {
                var security = container.SecurityContext;
                if (security?.Privileged == true) yield return $"{pods} is privileged";
                if (security?.AllowPrivilegeEscalation != false) yield return $"{pods} may gain privileges";
                if (security?.ReadOnlyRootFilesystem != true) yield return $"{pods} has a writable root";
                if (security?.Capabilities?.Drop?.Contains("ALL") != true) yield return $"{pods} keeps capabilities";
                if (security?.Capabilities?.Add is { Count: > 0 } added && (pods.Name != HostFolders || added is not ["CHOWN"])) yield return $"{pods} adds capabilities";
                if (security?.RunAsUser == 0 || security?.RunAsNonRoot == false) yield return $"{pods} may run as root";
            }
        }
    }

    public static IEnumerable<string> Sized(ClusterObjects objects) =>
        from pods in objects.Workloads
        from container in pods.Containers
        from fault in (string[])
        [
            .. (string[])["cpu", "memory"] is var names ? names.Where(name => container.Resources?.Requests?.ContainsKey(name) != true).Select(name => $"{pods} requests no {name}") : [],
            .. names.Where(name => container.Resources?.Limits?.ContainsKey(name) != true).Select(name => $"{pods} has no limit of {name}"),
        ]
        select fault;

    /// <summary>A tag that moves, or one that was changed in case so that nobody has it.</summary>
    public static IEnumerable<string> PinnedImages(ClusterObjects objects) =>
        from pods in objects.Workloads
        from container in pods.Containers
        where !Pinned().IsMatch(container.Image) || container.Image.EndsWith(":latest", StringComparison.OrdinalIgnoreCase)
        select $"{pods} runs '{container.Image}'";

    /// <summary>Services have all three probes, on ports that they have.</summary>
    public static IEnumerable<string> Probed(ClusterObjects objects)
    {
        foreach (var pods in objects.Workloads.Where(pods => pods.Kind != "Job"))
        {
            foreach (var container in pods.Containers)
            {
                (string Name, V1Probe? Probe)[] probes = [("startup", container.StartupProbe), ("readiness", container.ReadinessProbe), ("liveness", container.LivenessProbe)];
                foreach (var (name, probe) in probes)
                {
                    if (probe is null) yield return $"{pods} has no {name} probe";
                    else if (probe.HttpGet is { } get && (container.Ports ?? []).All(port => port.Name != get.Port.Value && $"{port.ContainerPort}" != get.Port.Value))
                        yield return $"{pods} has a {name} probe on port '{get.Port.Value}', which it does not have";
                }
            }
        }
    }

    /// <summary>The first process is the server: a shell in that place ignores SIGTERM, and the server is killed with what it had not saved.</summary>
    public static IEnumerable<string> Stoppable(ClusterObjects objects) =>
        from pods in objects.Workloads
        from container in pods.Containers
        where container.Command?.FirstOrDefault() is { } program && Path.GetFileName(program) is "sh" or "bash" or "ash" or "dash"
        where container.Args is not ["-c", var script] || !script.StartsWith("exec ", StringComparison.Ordinal)
        select $"{pods} has a shell as its first process";

    /// <summary>Only what is meant to be written is mounted, and each mount has its volume.</summary>
    public static IEnumerable<string> Mounted(ClusterObjects objects) =>
        from pods in objects.Workloads
        let volumes = (pods.Spec.Volumes ?? []).Select(volume => volume.Name).Concat(pods.Claims.Select(claim => claim.Metadata.Name)).ToArray()
        from container in pods.Containers
        from mount in container.VolumeMounts ?? []
        where !volumes.Contains(mount.Name)
        select $"{pods} mounts '{mount.Name}', which it does not have";

    [GeneratedRegex(@"^[a-z0-9][a-z0-9./:_-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$")]
    private static partial Regex Pinned();
}
