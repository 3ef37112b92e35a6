using System.Net.WebSockets;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>Connections of those who watch something.</summary>
internal sealed class ViewerSockets(IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <exception cref="RefusalException">The request is none for a WebSocket (400).</exception>
    public static void RefuseOthers(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest) throw Refuse.BadRequest(Messages.WebSocketNeeded);
    }

    /// <summary>Serves one client until it leaves, what it watches ends or its token expires.</summary>
    /// <param name="context">The request.</param>
    /// <param name="subprotocol">What is spoken; null: the client need not name it.</param>
    /// <param name="create">Makes the viewer.</param>
    /// <param name="join">Lets it watch.</param>
    /// <param name="leave">Ends that.</param>
    public async Task ServeAsync(HttpContext context, string? subprotocol, Func<WebSocket, FeedViewer> create, Func<FeedViewer, IMessageFeed> join, Func<FeedViewer, ValueTask> leave)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
        using var expiry = new CancellationTokenSource(context.User.TimeUntilExpiry(time), time);
        using var counted = ApiTelemetry.CountViewer();
        using var viewer = create(socket);
        var feed = join(viewer);
        try
        {
            await viewer.RunAsync(feed, expiry.Token, lifetime.ApplicationStopping);
        }
        finally
        {
            await leave(viewer);
        }
    }
}
