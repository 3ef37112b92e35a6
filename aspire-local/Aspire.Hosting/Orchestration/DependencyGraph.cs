using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Who needs whom.</summary>
internal static class DependencyGraph
{
    /// <exception cref="DistributedApplicationException">A resource needs one that is not part of the application, or resources wait for each other in a circle.</exception>
    public static void Validate(DistributedApplicationModel model)
    {
        foreach (var resource in model.Resources)
            if (NeedsOf(resource).FirstOrDefault(need => !model.Resources.Contains(need)) is { } stranger)
                throw new DistributedApplicationException($"The '{resource.Name}' resource needs '{stranger.Name}', which is not part of the application.");

        var done = new HashSet<IResource>();
        foreach (var resource in model.Resources)
            RefuseCircle(resource, [], done);
    }

    /// <summary>What has to run for <paramref name="resource"/> to work.</summary>
    public static IEnumerable<IResource> NeedsOf(IResource resource) => Awaited(resource)
        .Concat(resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(relationship => relationship.Resource))
        .Where(other => !ReferenceEquals(other, resource))
        .Distinct();

    /// <summary>True: the others work without <paramref name="resource"/>.</summary>
    public static bool IsOptional(IResource resource, DistributedApplicationModel model) =>
        !model.Resources.Any(other => NeedsOf(other).Contains(resource));

    /// <summary>All resources in groups: a group may be stopped when the groups before it have ended, because nobody needs it any more.</summary>
    public static IReadOnlyList<IReadOnlyList<IResource>> StopOrder(DistributedApplicationModel model)
    {
        var depths = new Dictionary<IResource, int>();
        foreach (var resource in model.Resources)
            DepthOf(resource, depths, []);
        return [.. model.Resources.GroupBy(resource => depths[resource]).OrderByDescending(group => group.Key).Select(group => group.ToList())];
    }

    /// <summary>What has to be ready before <paramref name="resource"/> starts.</summary>
    public static IEnumerable<IResource> Awaited(IResource resource)
    {
        var awaited = resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource);
        return resource is IResourceWithParent { Parent: { } parent } ? awaited.Prepend(parent) : awaited;
    }

    private static void RefuseCircle(IResource resource, List<IResource> path, HashSet<IResource> done)
    {
        if (done.Contains(resource))
            return;
        var start = path.IndexOf(resource);
        path.Add(resource);
        if (start >= 0)
            throw new DistributedApplicationException(
                $"These resources wait for each other, so none of them can start: {string.Join(" → ", path.Skip(start).Select(member => member.Name))}.");
        foreach (var awaited in Awaited(resource))
            RefuseCircle(awaited, path, done);
        path.RemoveAt(path.Count - 1);
        done.Add(resource);
    }

    // Two services may refer to each other without waiting; such a circle is cut where it is met.
    private static int DepthOf(IResource resource, Dictionary<IResource, int> depths, HashSet<IResource> path)
    {
        if (depths.TryGetValue(resource, out var known))
            return known;
        if (!path.Add(resource))
            return 0;
        var depth = NeedsOf(resource).Select(need => DepthOf(need, depths, path) + 1).DefaultIfEmpty(0).Max();
        path.Remove(resource);
        return depths[resource] = depth;
    }
}
