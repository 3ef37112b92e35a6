using SimulationManager.Hosting.Kubernetes.Manifest;
using SimulationManager.Hosting.Kubernetes.Settings;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>References to container images. Only those that mean the same image tomorrow are let through.</summary>
internal static class ImageReference
{
    /// <summary>
    /// Registry of our own images in clusters that have them loaded onto the nodes. Without it a node would ask a public registry for an image that it
    /// lacks; podman gives it to every image that it builds, and no other engine changes it.
    /// </summary>
    public const string Loaded = "localhost";

    private const int LongestLabel = 63;

    /// <summary>The image of a resource, letter for letter as it was given.</summary>
    /// <exception cref="GenerationException">It has no tag, or one that moves.</exception>
    public static string Choose(string name, ManifestResource resource, WorkloadSettings workload, ClusterSettings cluster)
    {
        var image = resource.Type == ManifestResource.Project ? $"{Loaded}/simulationmanager-{name}:{cluster.Version}"
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

    /// <summary>The parts of an image: name, tag and digest.</summary>
    public static (string Name, string? Tag, string? Digest) Split(string image)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var (tagged, digest) = at < 0 ? (image, null) : (image[..at], image[(at + 1)..]);
        return TagOf(tagged) is { } tag ? (tagged[..^(tag.Length + 1)], tag, digest) : (tagged, null, digest);
    }

    /// <summary>A colon after the last slash; one before it belongs to the registry's port.</summary>
    private static string? TagOf(string image)
    {
        var colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/') ? image[(colon + 1)..] : null;
    }
}
