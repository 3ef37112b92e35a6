namespace Aspire.Hosting.ApplicationModel;

/// <summary>An S3 server.</summary>
public sealed class MinioContainerResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "http";
    internal const string ConsoleEndpointName = "console";

    public MinioContainerResource(string name, ParameterResource rootUser, ParameterResource passwordParameter)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(rootUser);
        ArgumentNullException.ThrowIfNull(passwordParameter);
        PrimaryEndpoint = new(this, PrimaryEndpointName);
        (RootUser, PasswordParameter) = (rootUser, passwordParameter);
    }

    public EndpointReference PrimaryEndpoint { get; }

    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    public ParameterResource RootUser { get; set; }

    public ParameterResource PasswordParameter { get; internal set; }

    public ReferenceExpression UriExpression => ReferenceExpression.Create($"http://{Host}:{Port}");

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Endpoint=http://{Host}:{Port};AccessKey={RootUser};SecretKey={PasswordParameter}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{Host}")),
        new("Port", ReferenceExpression.Create($"{Port}")),
        new("AccessKey", ReferenceExpression.Create($"{RootUser}")),
        new("SecretKey", ReferenceExpression.Create($"{PasswordParameter}")),
        new("Uri", UriExpression),
    ];
}
