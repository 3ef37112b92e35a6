using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Aspire.Hosting.Dashboard.Hosting;

/// <summary>Which of the three doors a connection came through.</summary>
internal enum Door { Frontend, OtlpGrpc, OtlpHttp }

/// <summary>The door, carried by each connection so that no request for one is answered by another.</summary>
internal sealed record DoorFeature(Door Door);

internal static class Listeners
{
    public static void Open(this KestrelServerOptions kestrel, DashboardSettings settings)
    {
        foreach (var url in settings.FrontendUrls)
            Listen(kestrel, url, Door.Frontend, Negotiated(url));
        // Without TLS there is no negotiation, so gRPC's door speaks HTTP/2 only.
        Listen(kestrel, settings.OtlpGrpcUrl, Door.OtlpGrpc, HttpProtocols.Http2);
        Listen(kestrel, settings.OtlpHttpUrl, Door.OtlpHttp, Negotiated(settings.OtlpHttpUrl));
    }

    public static Door? EntryDoor(this HttpContext context) => context.Features.Get<DoorFeature>()?.Door;

    private static HttpProtocols Negotiated(Uri url) => url.Scheme == Uri.UriSchemeHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;

    private static void Listen(KestrelServerOptions kestrel, Uri url, Door door, HttpProtocols protocols)
    {
        void Configure(ListenOptions listener)
        {
            listener.Protocols = protocols;
            if (url.Scheme == Uri.UriSchemeHttps)
                listener.UseHttps();
            var feature = new DoorFeature(door);
            listener.Use(next => connection =>
            {
                connection.Features.Set(feature);
                return next(connection);
            });
        }

        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
            kestrel.Listen(address, url.Port, Configure);
        else if (url.Port != 0 && Socket.OSSupportsIPv6)
            kestrel.ListenLocalhost(url.Port, Configure);
        else
            kestrel.Listen(IPAddress.Loopback, url.Port, Configure);
    }
}
