using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What people see of a resource from outside: its addresses and its commands.</summary>
internal static class ResourceUrls
{
    public static ImmutableArray<UrlSnapshot> Of(IResource resource)
    {
        if (resource is not IResourceWithEndpoints owner)
            return [];
        var urls = ImmutableArray.CreateBuilder<UrlSnapshot>();
        foreach (var endpoint in resource.Endpoints().Where(endpoint => endpoint.AllocatedEndpoint is not null))
        {
            var url = new ResourceUrlAnnotation { Url = endpoint.AllocatedEndpoint!.UriString, Endpoint = new(owner, endpoint) };
            foreach (var change in resource.Annotations.OfType<EndpointUrlAnnotation>().Where(change => change.EndpointName == endpoint.Name))
                change.Callback(url);
            // A relative address hangs on the endpoint's own.
            var address = Uri.TryCreate(new Uri(endpoint.AllocatedEndpoint.UriString), url.Url, out var absolute) ? absolute.ToString().TrimEnd('/') : url.Url;
            urls.Add(new(endpoint.Name, address, IsInternal: !endpoint.IsExternal));
        }
        return urls.ToImmutable();
    }

    public static ImmutableArray<ResourceCommandSnapshot> CommandsOf(IResource resource) =>
    [
        .. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => new ResourceCommandSnapshot(
            command.Name, ResourceCommandState.Enabled, command.DisplayName, command.DisplayDescription, null,
            command.ConfirmationMessage, command.IconName, command.IconVariant, command.IsHighlighted)),
    ];
}
