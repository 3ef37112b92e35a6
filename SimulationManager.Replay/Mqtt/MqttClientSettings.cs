using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>How a client connects.</summary>
internal static class MqttClientSettings
{
    private const int SharedBuffer = 256 * 1024;
    private const int AgentBuffer = 4096;

    /// <summary>The settings of a connection that agents share, or of an agent's own.</summary>
    /// <exception cref="IOException">A file of the credentials cannot be read.</exception>
    /// <exception cref="FormatException">One is not as described.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate or key cannot be read.</exception>
    public static MqttClientOptions Of(MqttSink sink, MqttAgent? agent)
    {
        var (endpoint, options) = (sink.Endpoint, sink.Options);
        var builder = Of(endpoint, sink.Credentials, agent is null ? SharedBuffer : AgentBuffer)
            .WithClientId(ClientIdOf(sink, agent))
            // The connection's own affair (MqttWire).
            .WithNoKeepAlive();
        if (sink.UserOf(agent) is var (username, password)) builder.WithCredentials(username, password);
        if (agent?.Vehicle is { Vehicle: var vehicle })
        {
            var will = vehicle.LastWill(sink.Plan.Time.GetUtcNow());
            builder.WithWillTopic(will.Topic).WithWillPayload(will.Payload.ToArray()).WithWillRetain(will.Retain).WithWillQualityOfServiceLevel((MqttQualityOfServiceLevel)will.QualityOfService);
        }
        else if (agent is not null)
            builder.WithWillTopic(agent.StatusTopic).WithWillPayload("lost").WithWillRetain().WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        return builder.Build();
    }

    /// <summary>The settings that have to do with the address alone.</summary>
    public static MqttClientOptionsBuilder Of(OutputEndpoint endpoint, SinkCredentials? credentials, int buffer)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500)
            .WithTimeout(TimeSpan.FromSeconds(10))
            .WithCleanStart()
            .WithTcpServer(tcp =>
            {
                tcp.BufferSize = buffer;
                // What was written before the goodbye is to arrive.
                tcp.LingerState = new LingerOption(false, 0);
            })
            .WithEndPoint(IPAddress.TryParse(endpoint.Host, out var address) ? new IPEndPoint(address, endpoint.Port) : new DnsEndPoint(endpoint.Host, endpoint.Port));
        if (endpoint.Tls) builder.WithTlsOptions(tls => Secure(tls, endpoint, credentials));
        return builder;
    }

    private static void Secure(MqttClientTlsOptionsBuilder tls, OutputEndpoint endpoint, SinkCredentials? credentials)
    {
        // As other clients do: private authorities seldom publish what they have revoked.
        tls.UseTls().WithTargetHost(endpoint.Host).WithRevocationMode(X509RevocationMode.NoCheck);
        if (credentials?.ReadAuthorities() is { } trusted) tls.WithTrustChain(trusted);
        if (credentials?.ReadCertificate() is { } certificate) tls.WithClientCertificates([certificate]);
    }

    private static string ClientIdOf(MqttSink sink, MqttAgent? agent)
    {
        if (agent is null) return $"simulation-{sink.Plan.Simulation}-{sink.Plan.Process}";
        return sink.Options.ClientId is { } pattern ? MqttTopics.Expand(pattern, sink.Plan.Simulation, agent.Name, agent.Number) : agent.Name;
    }
}
