namespace SimulationManager.Hosting.Minio;

/// <summary>A MinIO server: an S3 store with an API and a console.</summary>
public sealed class MinioResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "http";
    internal const string ConsoleEndpointName = "console";

    /// <summary>Creates the resource.</summary>
    /// <param name="name">Name of the resource.</param>
    /// <param name="rootUser">Access key.</param>
    /// <param name="rootPassword">Secret key.</param>
    public MinioResource(string name, ParameterResource rootUser, ParameterResource rootPassword)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(rootUser);
        ArgumentNullException.ThrowIfNull(rootPassword);
        PrimaryEndpoint = new(this, PrimaryEndpointName);
        (RootUser, RootPassword) = (rootUser, rootPassword);
    }

    /// <summary>The S3 API.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <summary>The access key.</summary>
    public ParameterResource RootUser { get; }

    /// <summary>The secret key.</summary>
    public ParameterResource RootPassword { get; }

    /// <summary>The address of the S3 API.</summary>
    public ReferenceExpression UriExpression => ReferenceExpression.Create($"http://{Host}:{Port}");

    /// <summary><c>Endpoint=http://…;AccessKey=…;SecretKey=…</c></summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Endpoint=http://{Host}:{Port};AccessKey={RootUser};SecretKey={RootPassword}");

    private EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    private EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{Host}")),
        new("Port", ReferenceExpression.Create($"{Port}")),
        new("AccessKey", ReferenceExpression.Create($"{RootUser}")),
        new("SecretKey", ReferenceExpression.Create($"{RootPassword}")),
        new("Uri", UriExpression),
    ];
}
