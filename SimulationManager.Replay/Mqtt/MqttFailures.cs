using MQTTnet;
using MQTTnet.Exceptions;

namespace SimulationManager.Replay;

/// <summary>What is said of a connection that failed: what it was, and what can be done.</summary>
internal static class MqttFailures
{
    private const string Server = "broker";

    public static string Describe(OutputEndpoint endpoint, Exception exception) => Root(exception) switch
    {
        OperationCanceledException or MqttCommunicationTimedOutException => $"{endpoint.Host}:{endpoint.Port} does not answer as a broker does",
        MqttRefusedException { Answer.ResultCode: MqttClientConnectResultCode.BadUserNameOrPassword } => $"the broker does not know the user name or password{ConnectionFailures.Hint(endpoint)}",
        MqttRefusedException { Answer.ResultCode: MqttClientConnectResultCode.NotAuthorized } => $"the broker does not let this client in{ConnectionFailures.Hint(endpoint)}",
        MqttRefusedException { Answer: var answer } => $"the broker refused the connection: {answer.ResultCode}{(string.IsNullOrEmpty(answer.ReasonString) ? "" : $" ({answer.ReasonString})")}",
        var other => ConnectionFailures.Describe(endpoint, other, Server) ?? (endpoint.Tls ? ConnectionFailures.Unencrypted(endpoint, Server) : other.Message),
    };

    public static string Describe(OutputEndpoint endpoint, MqttClientDisconnectedEventArgs disconnected)
    {
        if (disconnected.Reason is not (MqttClientDisconnectReason.UnspecifiedError or MqttClientDisconnectReason.NormalDisconnection))
            return $"the broker ended the connection: {disconnected.Reason}{(string.IsNullOrEmpty(disconnected.ReasonString) ? "" : $" ({disconnected.ReasonString})")}";
        return disconnected.Exception is { } exception ? $"the connection was lost: {Root(exception).Message}" : "the broker closed the connection";
    }

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
