using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SimulationManager.Hosting.Mqtt;

namespace Aspire.Hosting;

/// <summary>Adds MQTT brokers to an application.</summary>
public static class MqttBuilderExtensions
{
    /// <summary>Adds a broker that anyone who reaches it may use, for development. It keeps nothing over its end.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource and of its connection string.</param>
    /// <param name="port">Its port on this machine; a free one unless given.</param>
    public static IResourceBuilder<MqttResource> AddMqtt(this IDistributedApplicationBuilder builder, [ResourceName] string name, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var resource = new MqttResource(name);
        var check = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(check, _ => new MqttHealthCheck(resource), failureStatus: null, tags: null));
        var mqtt = builder.AddResource(resource)
            .WithImage(MosquittoContainerImageTags.Image, MosquittoContainerImageTags.Tag)
            .WithImageRegistry(MosquittoContainerImageTags.Registry)
            .WithEndpoint(port, MosquittoConfiguration.ContainerPort, MqttResource.PrimaryEndpointName, MqttResource.PrimaryEndpointName)
            .WithIconName("BroadActivityFeed")
            .WithHealthCheck(check);
        // In a cluster the configuration comes with the manifests.
        return builder.ExecutionContext.IsPublishMode ? mqtt : mqtt.WithContainerFiles(
            Path.GetDirectoryName(MosquittoConfiguration.ContainerPath)!,
            [new ContainerFile { Name = Path.GetFileName(MosquittoConfiguration.ContainerPath), Contents = MosquittoConfiguration.Of(MosquittoConfiguration.ContainerPort) }]);
    }
}
