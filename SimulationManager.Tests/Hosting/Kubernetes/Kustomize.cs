using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using SimulationManager.Hosting.Kubernetes.Objects;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Builds kustomize folders with <c>kubectl kustomize</c> and reads the objects strictly: an unknown field is an error.</summary>
internal static class Kustomize
{
    private static readonly ConcurrentDictionary<string, Task<string>> _builds = new(StringComparer.Ordinal);

    /// <summary>Types that the Kubernetes client does not know.</summary>
    private static readonly Dictionary<string, Type> _customTypes = new() { [$"{ScaledObject.Group}/{nameof(ScaledObject)}"] = typeof(ScaledObject) };

    /// <summary>Overlays and folders that are applied as they are.</summary>
    public static readonly string[] Overlays = ["", "overlays/dev", "overlays/prod", "overlays/prod-minio"];

    /// <summary>The objects of a committed folder of <c>aspirate-output</c>, freshly read, so that a test may change them.</summary>
    public static async Task<ClusterObjects> BuildAsync(string overlay)
    {
        var yaml = await _builds.GetOrAdd(overlay, BuildYamlAsync);
        return new ClusterObjects(Read(yaml), ReadSecretKeys(overlay));
    }

    public static async Task<string> BuildYamlAsync(string overlay) => await BuildFolderAsync(Repository.PathOf(Path.Combine("aspirate-output", overlay)));

    public static async Task<string> BuildFolderAsync(string folder)
    {
        RequireKubectl();
        var result = await ChildProcess.RunAsync("kubectl", "kustomize", folder);
        Assert.True(result.ExitCode == 0, $"kubectl kustomize {folder}: {result.Errors}");
        return result.Output;
    }

    public static List<IKubernetesObject<V1ObjectMeta>> Read(string yaml) =>
        [.. KubernetesYaml.LoadAllFromString(yaml, _customTypes, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    private static HashSet<(string Secret, string Key)> ReadSecretKeys(string overlay) =>
        [.. File.ReadLines(Repository.PathOf(Path.Combine("aspirate-output", overlay, "secrets.tsv")))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t'))
            .Select(fields => (fields[0], fields[1]))];

    private static void RequireKubectl()
    {
        if (ChildProcess.IsOnPath("kubectl")) return;
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("kubectl is missing: the overlays cannot be built.");
        Assert.Skip("kubectl is not installed: the overlays cannot be built.");
    }
}
