using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using MQTTnet;
using MQTTnet.Exceptions;

namespace SimulationManager.Replay;

/// <summary>What is said of a connection that failed: what it was, and what can be done.</summary>
internal static class MqttFailures
{
    public static string Describe(OutputEndpoint endpoint, Exception exception) => Root(exception) switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"the host {endpoint.Host} is not known",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"nothing listens on {endpoint.Host}:{endpoint.Port}",
        // A port without TLS ends the connection, and so does, under TLS 1.3 only after the handshake, a broker that wants to see a certificate.
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.NotConnected or SocketError.ConnectionAborted or SocketError.Shutdown } when endpoint.Tls => Unencrypted(endpoint),
        SocketException socket => $"{endpoint.Host}:{endpoint.Port} cannot be reached: {socket.Message}",
        AuthenticationException tls => $"no encrypted connection to {endpoint.Host}:{endpoint.Port}: {tls.Message}",
        CryptographicException file => $"a certificate or key of the credentials '{endpoint.Credentials}' cannot be read: {file.Message}",
        OperationCanceledException or MqttCommunicationTimedOutException => $"{endpoint.Host}:{endpoint.Port} does not answer as a broker does",
        MqttRefusedException { Answer.ResultCode: MqttClientConnectResultCode.BadUserNameOrPassword } => $"the broker does not know the user name or password{Hint(endpoint)}",
        MqttRefusedException { Answer.ResultCode: MqttClientConnectResultCode.NotAuthorized } => $"the broker does not let this client in{Hint(endpoint)}",
        MqttRefusedException { Answer: var answer } => $"the broker refused the connection: {answer.ResultCode}{(string.IsNullOrEmpty(answer.ReasonString) ? "" : $" ({answer.ReasonString})")}",
        FormatException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => Root(exception).Message,
        _ when endpoint.Tls => Unencrypted(endpoint),
        var other => other.Message,
    };

    public static string Describe(OutputEndpoint endpoint, MqttClientDisconnectedEventArgs disconnected)
    {
        if (disconnected.Reason is not (MqttClientDisconnectReason.UnspecifiedError or MqttClientDisconnectReason.NormalDisconnection))
            return $"the broker ended the connection: {disconnected.Reason}{(string.IsNullOrEmpty(disconnected.ReasonString) ? "" : $" ({disconnected.ReasonString})")}";
        return disconnected.Exception is { } exception ? $"the connection was lost: {Root(exception).Message}" : "the broker closed the connection";
    }

    private static string Unencrypted(OutputEndpoint endpoint) =>
        $"no encrypted connection to {endpoint.Host}:{endpoint.Port}: the other side ended it, as a port without TLS does, or a broker that asks for a client's certificate";

    private static string Hint(OutputEndpoint endpoint) => endpoint.Credentials is { } name
        ? $" of the credentials '{name}'"
        : "; the endpoint names no credentials (credentials=<name>)";

    private static Exception Root(Exception exception)
    {
        while (exception is MqttCommunicationException or IOException && exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}

/// <summary>A broker's answer to a connection that it refused.</summary>
internal sealed class MqttRefusedException(MqttClientConnectResult answer) : Exception($"The broker refused the connection: {answer.ResultCode}.")
{
    public MqttClientConnectResult Answer { get; } = answer;
}
