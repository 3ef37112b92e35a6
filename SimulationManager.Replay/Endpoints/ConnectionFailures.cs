using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace SimulationManager.Replay;

/// <summary>What goes wrong with a connection whatever is spoken over it, as a person who runs simulations can act on.</summary>
internal static class ConnectionFailures
{
    /// <summary>A clause without its subject; null: it has to do with what is spoken.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="cause">What went wrong at the bottom.</param>
    /// <param name="server">What the other side is called.</param>
    public static string? Describe(OutputEndpoint endpoint, Exception cause, string server) => cause switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"the host {endpoint.Host} is not known",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"nothing listens on {endpoint.Host}:{endpoint.Port}",
        // A port without TLS ends the connection, and so does, under TLS 1.3 only after the handshake, a server that wants to see a certificate.
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.NotConnected or SocketError.ConnectionAborted or SocketError.Shutdown } when endpoint.Tls => Unencrypted(endpoint, server),
        SocketException socket => $"{endpoint.Host}:{endpoint.Port} cannot be reached: {socket.Message}",
        AuthenticationException tls => $"no encrypted connection to {endpoint.Host}:{endpoint.Port}: {tls.Message}",
        CryptographicException file => $"a certificate or key of the credentials '{endpoint.Credentials}' cannot be read: {file.Message}",
        FormatException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => cause.Message,
        _ => null,
    };

    public static string Unencrypted(OutputEndpoint endpoint, string server) =>
        $"no encrypted connection to {endpoint.Host}:{endpoint.Port}: the other side ended it, as a port without TLS does, or a {server} that asks for a client's certificate";

    /// <summary>Whose name and password were refused, behind what says so and a preposition.</summary>
    public static string Hint(OutputEndpoint endpoint, string preposition = "of") => endpoint.Credentials is { } name
        ? $" {preposition} the credentials '{name}'"
        : "; the endpoint names no credentials (credentials=<name>)";
}
