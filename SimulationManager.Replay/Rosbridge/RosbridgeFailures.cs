using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>What is said of a connection to a rosbridge server that failed: what it was, and what can be done.</summary>
internal static class RosbridgeFailures
{
    private const int LongestText = 500;
    private const string Server = "server";

    public static string Describe(OutputEndpoint endpoint, RosbridgeEndpointOptions options, Exception exception) => Root(exception) switch
    {
        RosbridgeRefusedException { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => $"the server does not let this client in{ConnectionFailures.Hint(endpoint, "with")}",
        RosbridgeRefusedException { Status: HttpStatusCode.NotFound } => $"{endpoint.Host}:{endpoint.Port} has nothing at the path {options.Path} (path=<path>)",
        RosbridgeRefusedException { Status: var status } => $"{endpoint.Host}:{endpoint.Port} does not open a WebSocket at the path {options.Path}: it answers {(int)status} {status}",
        OperationCanceledException => $"{endpoint.Host}:{endpoint.Port} does not answer as a rosbridge server does",
        var other when ConnectionFailures.Describe(endpoint, other, Server) is { } known => known,
        not WebSocketException when endpoint.Tls => ConnectionFailures.Unencrypted(endpoint, Server),
        WebSocketException or HttpRequestException or IOException => $"{endpoint.Host}:{endpoint.Port} does not answer as a rosbridge server does; one that wants encrypted connections is rosbridges://",
        var other => other.Message,
    };

    /// <summary>Text of a server as it can be shown: short, and without control characters.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, LongestText));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= LongestText) return clean.Append('…').ToString();
            clean.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }
        return clean.ToString();
    }

    private static Exception Root(Exception exception)
    {
        while (exception is WebSocketException or HttpRequestException or IOException && exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}

/// <summary>The server answered an attempt to open a WebSocket otherwise.</summary>
internal sealed class RosbridgeRefusedException(HttpStatusCode status) : Exception($"The server answered {(int)status}.")
{
    public HttpStatusCode Status { get; } = status;
}
