namespace SimulationManager.Hosting.Mqtt;

/// <summary>An MQTT broker without passwords, for development.</summary>
/// <param name="name">Name of the resource.</param>
public sealed class MqttResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "mqtt";

    /// <summary>Where clients connect.</summary>
    public EndpointReference PrimaryEndpoint => field ??= new(this, PrimaryEndpointName);

    /// <summary><c>mqtt://host:port</c></summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"mqtt://{Host}:{Port}");

    private EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    private EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{Host}")),
        new("Port", ReferenceExpression.Create($"{Port}")),
        new("Uri", ConnectionStringExpression),
    ];
}
