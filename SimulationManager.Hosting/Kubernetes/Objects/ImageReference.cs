using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>References to container images. Only those that mean the same image tomorrow are let through.</summary>
internal static class ImageReference
{
    private const int LongestLabel = 63;

    /// <summary>The image of a resource, letter for letter as it was given.</summary>
    /// <exception cref="GenerationException">It has no tag, or one that moves.</exception>
    public static string Choose(string name, ManifestResource resource, WorkloadSettings workload, ClusterSettings cluster)
    {
        var image = cluster.Images.TryGetValue(name, out var given) ? given
            : resource.Type == ManifestResource.Project ? OwnImage(name, cluster)
            : IsImmutable(resource.Image!) ? resource.Image!
            : workload.Image ?? resource.Image!;
        return IsImmutable(image)
            ? image
            : throw new GenerationException($"The image '{image}' of '{name}' may change behind our back: give a version as tag, or a digest (WorkloadSettings.Image).");
    }

    /// <summary>The tag of an image as a label's value, or the start of its digest.</summary>
    public static string VersionOf(string image)
    {
        var digest = image.IndexOf("@sha256:", StringComparison.Ordinal);
        var version = TagOf(digest < 0 ? image : image[..digest]) ?? image[(digest + "@sha256:".Length)..][..12];
        return version.Length <= LongestLabel ? version : version[..LongestLabel].TrimEnd('-', '_', '.');
    }

    public static bool IsImmutable(string image) =>
        image.Contains("@sha256:", StringComparison.Ordinal) || TagOf(image) is { } tag && !tag.Equals("latest", StringComparison.OrdinalIgnoreCase);

    private static string OwnImage(string name, ClusterSettings cluster)
    {
        var repository = $"simulationmanager-{name}:{cluster.Version}";
        return cluster.Registry is { Length: > 0 } registry ? $"{registry.TrimEnd('/')}/{repository}" : repository;
    }

    /// <summary>A colon after the last slash; one before it belongs to the registry's port.</summary>
    private static string? TagOf(string image)
    {
        var colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/') ? image[(colon + 1)..] : null;
    }
}
