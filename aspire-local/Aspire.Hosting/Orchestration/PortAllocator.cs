using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.LocalRuntime;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint its port before anything starts, so that each resource can be told of the others.</summary>
internal sealed class PortAllocator(IConfiguration configuration)
{
    private readonly bool _isRandomized = configuration.GetValue(LocalSettings.RandomizePortsKey, defaultValue: false);

    public void Allocate(IResource resource)
    {
        foreach (var endpoint in resource.Endpoints())
        {
            var port = endpoint.Port is { } wanted && !_isRandomized ? wanted : LoopbackPorts.FindFree();
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, port);
        }
    }

    /// <summary>The port that one replica of a process listens on.</summary>
    public static int ListenPort(IResource resource, EndpointAnnotation endpoint)
    {
        if (resource.ReplicaCount() > 1 && endpoint.IsProxied)
            return LoopbackPorts.FindFree();
        return endpoint.TargetPort ?? endpoint.AllocatedEndpoint!.Port;
    }

    /// <exception cref="PortTakenException">A port that the resource is about to listen on is held by somebody else.</exception>
    public static void EnsureFree(ResourceInstance instance)
    {
        var own = instance.Resource is ContainerResource
            ? instance.Resource.Endpoints().Select(endpoint => endpoint.AllocatedEndpoint!.Port)
            : instance.ListenPorts.Select(listen => listen.Port);
        foreach (var port in own)
            LoopbackPorts.EnsureFree(port, SettingOf(instance.Resource));
    }

    /// <summary>What a person changes to move a resource to another port.</summary>
    public static string SettingOf(IResource resource) => $"the AppHost's setting Ports:{resource.Name} (for example --Ports:{resource.Name}=18000)";
}
