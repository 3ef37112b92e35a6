using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>A container's command as the kubelet would start it: environment, arguments, user, and what it may write.</summary>
internal sealed partial class PodCommand(ClusterObjects objects, Pods pods, IReadOnlyDictionary<(string Secret, string Key), string> secrets)
{
    public V1Container Container { get; } = pods.Spec.Containers[0];

    public V1PodSpec Spec => pods.Spec;

    /// <summary>The environment, each variable filled in from those before it.</summary>
    public Dictionary<string, string> Environment(string address)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in Container.EnvFrom ?? [])
        {
            var map = objects.OfKind<V1ConfigMap>().FirstOrDefault(map => map.Metadata.Name == source.ConfigMapRef.Name);
            foreach (var (name, value) in map?.Data ?? new Dictionary<string, string>()) values[name] = value;
        }

        foreach (var variable in Container.Env ?? [])
            values[variable.Name] = ValueOf(variable, address, values);
        return values;
    }

    /// <summary>
    /// The arguments of <c>ip netns exec</c>: the application at /mnt, the root read-only, only the manifest's folders writable, the manifest's
    /// user, no capabilities and no way to get any.
    /// </summary>
    public string[] ToArguments(string networkNamespace, string address, string folder, params string[] command)
    {
        string[] setup =
        [
            "set -e",
            "mount --bind \"$0\" /mnt",
            .. Scratch.Select(path => $"mount -t tmpfs -o mode=1777 tmpfs {path}"),
            "mount -o remount,bind,ro /",
            "exec \"$@\"",
        ];
        return
        [
            "netns", "exec", networkNamespace, "sh", "-c", string.Join('\n', setup), folder,
            "setpriv", $"--reuid={Spec.SecurityContext.RunAsUser}", $"--regid={Spec.SecurityContext.RunAsGroup}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
            "env", "-i", "-C", "/mnt", "PATH=/usr/bin:/bin",
            .. Environment(address).Select(variable => $"{variable.Key}={variable.Value}"),
            .. command,
            .. Container.Args ?? [],
        ];
    }

    /// <summary>The arguments of <c>podman</c> that run an image with the same limits.</summary>
    public string[] ToPodmanArguments(string networkNamespace, string address, string image, IReadOnlyDictionary<string, string> services) =>
    [
        "run", "--rm", "--name", networkNamespace, "--network", $"ns:/run/netns/{networkNamespace}", "--read-only",
        .. Scratch.SelectMany(path => (string[])["--tmpfs", $"{path}:mode=1777"]),
        "--user", $"{Spec.SecurityContext.RunAsUser}:{Spec.SecurityContext.RunAsGroup}", "--cap-drop", "all", "--security-opt", "no-new-privileges",
        .. services.SelectMany(service => (string[])["--add-host", $"{service.Key}:{service.Value}"]),
        .. Environment(address).SelectMany(variable => (string[])["--env", $"{variable.Key}={variable.Value}"]),
        image,
        .. Container.Args ?? [],
    ];

    /// <summary>Folders that may be written.</summary>
    private IEnumerable<string> Scratch =>
        (Container.VolumeMounts ?? []).Where(mount => Spec.Volumes.Any(volume => volume.Name == mount.Name && volume.EmptyDir is not null)).Select(mount => mount.MountPath);

    private string ValueOf(V1EnvVar variable, string address, Dictionary<string, string> before) => variable.ValueFrom switch
    {
        { SecretKeyRef: { } key } => secrets[(key.Name, key.Key)],
        { FieldRef.FieldPath: "status.podIP" } => address,
        { FieldRef.FieldPath: "metadata.name" } => $"{pods.Name}-0",
        { FieldRef.FieldPath: "metadata.namespace" } => pods.Space,
        _ => Reference().Replace(variable.Value, match => before[match.Groups[1].Value]),
    };

    [GeneratedRegex(@"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex Reference();
}
