using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>S3 servers.</summary>
public static class MinioBuilderExtensions
{
    private const string Archived = "The open-source edition of MinIO is archived and gets no fixes any more; this integration goes away with it.";
    private const int ConsolePort = 9001;

    /// <summary>A MinIO server. Without a password one is generated and kept in the AppHost's user secrets.</summary>
    [Obsolete(Archived)]
    public static IResourceBuilder<MinioContainerResource> AddMinioContainer(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? rootUser = null,
        IResourceBuilder<ParameterResource>? rootPassword = null, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var password = rootPassword?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-rootPassword");
        var user = rootUser?.Resource ?? new ParameterResource("user", _ => "minioadmin");
        var minio = new MinioContainerResource(name, user, password);
        return builder.AddResource(minio)
            .WithImage("minio/minio", "RELEASE.2025-09-07T16-13-09Z")
            .WithImageRegistry("docker.io")
            .WithHttpEndpoint(targetPort: 9000, port: port, name: MinioContainerResource.PrimaryEndpointName)
            .WithHttpEndpoint(targetPort: ConsolePort, name: MinioContainerResource.ConsoleEndpointName)
            .WithAnnotation(LocalServerAnnotation.S3(() => Value(minio.RootUser), () => Value(minio.PasswordParameter)))
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["MINIO_ROOT_USER"] = minio.RootUser;
                context.EnvironmentVariables["MINIO_ROOT_PASSWORD"] = minio.PasswordParameter;
            })
            .WithArgs("server", "/data", "--console-address", $":{ConsolePort}")
            .WithHttpHealthCheck("/minio/health/live", endpointName: MinioContainerResource.PrimaryEndpointName);
    }

    /// <summary>Keeps the data in a named volume.</summary>
    public static IResourceBuilder<MinioContainerResource> WithDataVolume(this IResourceBuilder<MinioContainerResource> builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), "/data");
    }

    /// <summary>Moves the server to a fixed port of this machine.</summary>
    public static IResourceBuilder<MinioContainerResource> WithHostPort(this IResourceBuilder<MinioContainerResource> builder, int? port)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithEndpoint(MinioContainerResource.PrimaryEndpointName, endpoint => endpoint.Port = port);
    }

    private static ReferenceExpression Value(ParameterResource parameter) => ReferenceExpression.Create($"{parameter}");
}
