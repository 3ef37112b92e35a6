using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Questions about one resource.</summary>
public static class ResourceExtensions
{
    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) => new(resource, endpointName);

    internal static IReadOnlyList<EndpointAnnotation> Endpoints(this IResource resource) => [.. resource.Annotations.OfType<EndpointAnnotation>()];

    internal static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : class, IResourceAnnotation
    {
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    internal static int ReplicaCount(this IResource resource) => resource.TryGetLastAnnotation<ReplicaAnnotation>(out var replicas) ? replicas.Replicas : 1;

    /// <summary>True for what the engine starts and stops; false for mere values.</summary>
    internal static bool HasLifetime(this IResource resource) => resource is IComputeResource or IResourceWithParent;

    /// <summary>Image with registry and tag.</summary>
    /// <exception cref="DistributedApplicationException">The container has no image.</exception>
    internal static string ImageName(this ContainerResource container)
    {
        if (!container.TryGetLastAnnotation<ContainerImageAnnotation>(out var image))
            throw new DistributedApplicationException($"Could not get the container image name for resource '{container.Name}'.");
        var registry = string.IsNullOrEmpty(image.Registry) ? "" : $"{image.Registry}/";
        return $"{registry}{image.Image}:{image.Tag ?? "latest"}";
    }
}
