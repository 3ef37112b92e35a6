using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port that a resource listens on.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _transport;

    /// <param name="protocol">Only TCP is supported by the local engine.</param>
    /// <param name="uriScheme">Scheme of the endpoint's URL; the protocol's name unless given.</param>
    /// <param name="transport">What is spoken on top of the protocol (<c>http</c>, <c>http2</c>, <c>tcp</c>).</param>
    /// <param name="name">Name, unique in the resource; the scheme unless given.</param>
    /// <param name="port">Port for clients, 1–65535; null picks a free one.</param>
    /// <param name="targetPort">Port that the resource itself listens on, 1–65535; null picks one.</param>
    /// <param name="isExternal">True: reachable from outside when deployed.</param>
    /// <param name="isProxied">False: clients always talk to the resource's own port.</param>
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null,
        int? port = null, int? targetPort = null, bool? isExternal = null, bool isProxied = true)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        Name = name ?? UriScheme;
        _transport = transport;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    public string UriScheme { get; set; }

    public string Transport
    {
        get => _transport ?? (UriScheme is "http" or "https" ? "http" : Protocol.ToString().ToLowerInvariant());
        set => _transport = value;
    }

    public int? Port { get; set; }

    public int? TargetPort { get; set; }

    public string TargetHost { get; set; } = "localhost";

    public bool IsExternal { get; set; }

    public bool IsProxied { get; set; }

    public bool TlsEnabled { get; set; }

    /// <summary>Where the endpoint is in this run; null until ports are given out.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    /// <summary>Variable that tells the resource which port to listen on.</summary>
    internal string? TargetPortVariable { get; set; }

    /// <summary>True for one that is only there because a manifest lists http and https of every web project.</summary>
    internal bool IsImplicitHttps { get; set; }
}

/// <summary>Address of an endpoint in this run.</summary>
public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port, string? targetPortExpression = null)
{
    public EndpointAnnotation Endpoint { get; } = endpoint;

    public string Address { get; } = address;

    public int Port { get; } = port;

    public string? TargetPortExpression { get; } = targetPortExpression;

    public string UriScheme => Endpoint.UriScheme;

    public string EndPointString => $"{Address}:{Port}";

    public string UriString => $"{UriScheme}://{EndPointString}";

    public override string ToString() => UriString;
}

/// <summary>A part of an endpoint's address.</summary>
public enum EndpointProperty
{
    Url = 0,
    Host = 1,
    IPV4Host = 2,
    Port = 3,
    Scheme = 4,
    TargetPort = 5,
    HostAndPort = 6,
    TlsEnabled = 7,
}
