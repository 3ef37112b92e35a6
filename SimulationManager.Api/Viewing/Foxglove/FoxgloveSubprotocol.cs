using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>What a client of Foxglove's protocol speaks.</summary>
/// <param name="Name">The subprotocol; null: the request is none for a WebSocket.</param>
/// <param name="HasControls">Whether the client knows frames of time and playback.</param>
internal readonly record struct FoxgloveSubprotocol(string? Name, bool HasControls)
{
    private const string Sdk = "foxglove.sdk.v1";

    private const string Older = "foxglove.websocket.v1";

    /// <summary>The protocol's names, the newer first.</summary>
    private static readonly string[] s_names = [Sdk, Older];

    /// <summary>Chooses from what a client offers.</summary>
    /// <exception cref="RefusalException">It offers none that is spoken here (400).</exception>
    public static FoxgloveSubprotocol Of(HttpContext context)
    {
        var offered = context.WebSockets.WebSocketRequestedProtocols;
        var name = s_names.FirstOrDefault(offered.Contains);
        if (context.WebSockets.IsWebSocketRequest && name is null) throw Refuse.BadRequest(Messages.SubprotocolNeeded, string.Join(", ", s_names));
        // A client that can do with the older protocol has its library, which fails on messages that it does not know.
        return new FoxgloveSubprotocol(name, name == Sdk && !offered.Contains(Older));
    }
}
