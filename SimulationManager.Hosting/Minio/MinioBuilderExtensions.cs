using SimulationManager.Hosting.Minio;

namespace Aspire.Hosting;

/// <summary>Adds MinIO servers to an application.</summary>
public static class MinioBuilderExtensions
{
    /// <summary>Where the image keeps its data.</summary>
    internal const string DataFolder = "/data";

    private const int ApiPort = 9000;
    private const int ConsolePort = 9001;

    /// <summary>Adds a MinIO server.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource and of its connection string.</param>
    /// <param name="rootUser">Access key; <c>minioadmin</c> unless given.</param>
    /// <param name="rootPassword">Secret key; generated and kept in the AppHost's user secrets unless given.</param>
    /// <param name="port">Port of the S3 API on this machine; a free one unless given.</param>
    public static IResourceBuilder<MinioResource> AddMinio(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource>? rootUser = null,
        IResourceBuilder<ParameterResource>? rootPassword = null, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var user = rootUser?.Resource ?? new ParameterResource($"{name}-user", _ => "minioadmin");
        var password = rootPassword?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-rootPassword");
        return builder.AddResource(new MinioResource(name, user, password))
            .WithImage(MinioContainerImageTags.Image, MinioContainerImageTags.Tag)
            .WithImageRegistry(MinioContainerImageTags.Registry)
            .WithHttpEndpoint(port, ApiPort, MinioResource.PrimaryEndpointName)
            .WithHttpEndpoint(targetPort: ConsolePort, name: MinioResource.ConsoleEndpointName)
            .WithEnvironment("MINIO_ROOT_USER", $"{user}")
            .WithEnvironment("MINIO_ROOT_PASSWORD", $"{password}")
            .WithArgs("server", DataFolder, "--console-address", $":{ConsolePort}")
            .WithIconName("Database")
            .WithUrlForEndpoint(MinioResource.PrimaryEndpointName, url => url.DisplayText = "S3 API")
            .WithUrlForEndpoint(MinioResource.ConsoleEndpointName, url => url.DisplayText = "Console")
            .WithHttpHealthCheck("/minio/health/live", endpointName: MinioResource.PrimaryEndpointName);
    }

    /// <summary>Keeps the objects in a named volume.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">Name of the volume; made from those of the application and the resource unless given.</param>
    public static IResourceBuilder<MinioResource> WithDataVolume(this IResourceBuilder<MinioResource> builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataFolder);
    }
}
