using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimulationManager.Replay;

/// <summary>One connection to a rosbridge server, and the topics that are advertised over it. Its caller sends one message at a time.</summary>
internal sealed class RosbridgeSession : IDisposable
{
    /// <summary>Bytes of a message that is looked at: a server has little to tell to who only publishes.</summary>
    private const int LongestReceived = 64 * 1024;

    /// <summary>Bytes that messages are read into at first.</summary>
    private const int FirstBuffer = 64 * 1024;

    /// <summary>How long a connection that is given up waits for what the server has said of it.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _advertised = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _givingUp = new();
    private readonly ClientWebSocket _socket;
    private readonly HttpMessageInvoker _http;

    private RosbridgeSession(ClientWebSocket socket, HttpMessageInvoker http, RosbridgeReceiver receiver)
    {
        (_socket, _http) = (socket, http);
        Ended = ReceiveAsync(receiver);
    }

    /// <summary>Completes once the connection is over, with the reason.</summary>
    public Task<string> Ended { get; }

    /// <summary>Whether the server has ended it, and so said why.</summary>
    public bool IsClosedByServer => _socket.CloseStatus is not null;

    /// <summary>Connects.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="options">Its options.</param>
    /// <param name="credentials">What is shown to the server; null: nothing.</param>
    /// <param name="client">Who the client is, in patterns of the credentials: the simulation's number, and what stands for the agent's name.</param>
    /// <param name="received">Is told of the operations that the server sends; not to be kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<RosbridgeSession> OpenAsync(
        OutputEndpoint endpoint, RosbridgeEndpointOptions options, SinkCredentials? credentials, (string Simulation, string Name) client, Action<JsonElement> received, CancellationToken cancellationToken) =>
        OpenAsync(endpoint, options, credentials, client, new RosbridgeReceiver(LongestReceived, received), cancellationToken);

    /// <summary>Connects as one who is sent messages.</summary>
    /// <inheritdoc cref="OpenAsync(OutputEndpoint, RosbridgeEndpointOptions, SinkCredentials?, ValueTuple{string, string}, Action{JsonElement}, CancellationToken)"/>
    /// <exception cref="RosbridgeRefusedException">The server answers, but not as a rosbridge server does that lets this client in.</exception>
    /// <exception cref="Exception">Others: <see cref="RosbridgeFailures"/> knows them.</exception>
    public static async Task<RosbridgeSession> OpenAsync(
        OutputEndpoint endpoint, RosbridgeEndpointOptions options, SinkCredentials? credentials, (string Simulation, string Name) client, RosbridgeReceiver receiver, CancellationToken cancellationToken)
    {
        var http = new HttpMessageInvoker(HandlerOf(endpoint, credentials));
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(options.KeepAlive);
            socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAlive);
            socket.Options.CollectHttpResponseDetails = true;
            if (AuthorizationOf(endpoint, credentials, client) is { } authorization) socket.Options.SetRequestHeader("Authorization", authorization.ToString());
            await socket.ConnectAsync(new UriBuilder(endpoint.Tls ? "wss" : "ws", endpoint.Host, endpoint.Port, options.Path).Uri, http, cancellationToken);
            return new RosbridgeSession(socket, http, receiver);
        }
        catch (WebSocketException) when (socket.HttpStatusCode is not (0 or HttpStatusCode.SwitchingProtocols))
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            http.Dispose();
            throw new RosbridgeRefusedException(status);
        }
        catch
        {
            socket.Dispose();
            http.Dispose();
            throw;
        }
    }

    /// <summary>Says that a topic will be published, unless that was said.</summary>
    public async ValueTask AdvertiseAsync(string topic, string type, bool isLatched, CancellationToken cancellationToken)
    {
        if (!_advertised.Add(topic)) return;
        var advertise = new JsonObject { ["op"] = "advertise", ["topic"] = topic, ["type"] = type };
        if (isLatched) advertise["latch"] = true;
        await SendAsync(advertise, cancellationToken);
    }

    /// <summary>Takes that back, if it was said.</summary>
    public async ValueTask UnadvertiseAsync(string topic, CancellationToken cancellationToken)
    {
        if (_advertised.Remove(topic)) await SendAsync(new JsonObject { ["op"] = "unadvertise", ["topic"] = topic }, cancellationToken);
    }

    public ValueTask SendAsync(JsonObject operation, CancellationToken cancellationToken) => SendAsync(Encoding.UTF8.GetBytes(operation.ToJsonString()), cancellationToken);

    /// <summary>Sends an operation, and completes once it is with the network.</summary>
    /// <param name="operation">JSON in UTF-8.</param>
    /// <param name="cancellationToken">Gives up, and the connection with it.</param>
    public ValueTask SendAsync(ReadOnlyMemory<byte> operation, CancellationToken cancellationToken) =>
        _socket.SendAsync(operation, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

    /// <summary>Takes back all that was advertised, closes the connection, and completes once the server, which has read all then, has done so too.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var topic in _advertised.ToArray()) await UnadvertiseAsync(topic, cancellationToken);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        await Ended.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the connection, after what the server has said of that.</summary>
    public void GiveUp() => _givingUp.CancelAfter(LastWords);

    public void Dispose()
    {
        _givingUp.Dispose();
        _socket.Dispose();
        _http.Dispose();
    }

    private static SocketsHttpHandler HandlerOf(OutputEndpoint endpoint, SinkCredentials? credentials)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        if (!endpoint.Tls) return handler;
        // As other clients do: private authorities seldom publish what they have revoked.
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = X509RevocationMode.NoCheck };
        if (credentials?.ReadAuthorities() is { } trusted)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }
        if (credentials?.ReadCertificate() is { } certificate) handler.SslOptions.ClientCertificates = [certificate];
        return handler;
    }

    private static AuthenticationHeaderValue? AuthorizationOf(OutputEndpoint endpoint, SinkCredentials? credentials, (string Simulation, string Name) client)
    {
        // In a cluster a site's Secret has a user name, too, which may be empty.
        if (credentials?.OfShared(client.Simulation, client.Name) is ({ Length: > 0 } username, var password))
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}")));
        if (credentials?.Password is not { } token) return null;
        // A header that is no header would be in the message of its exception.
        if (token.Length == 0 || !token.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '~' or '+' or '/' or '='))
            throw new FormatException($"the password of the credentials '{endpoint.Credentials}', which have no user name, cannot be a bearer token: it may hold letters, digits and -._~+/=");
        return new AuthenticationHeaderValue("Bearer", token);
    }

    private async Task<string> ReceiveAsync(RosbridgeReceiver receiver)
    {
        await Task.Yield();
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            while (true)
            {
                var (length, isTooLong) = (0, false);
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), _givingUp.Token);
                    if (part.MessageType == WebSocketMessageType.Close) return await AnswerCloseAsync();
                    length += part.Count;
                    if (length < buffer.Length || part.EndOfMessage) continue;
                    if (buffer.Length < receiver.LongestMessage && !isTooLong) buffer = Enlarge(buffer);
                    else (length, isTooLong) = (0, true);
                }
                while (!part.EndOfMessage);
                if (isTooLong) receiver.TooLong?.Invoke();
                else if (part.MessageType == WebSocketMessageType.Text) Tell(receiver.Text, buffer.AsMemory(0, length));
                else receiver.Binary?.Invoke(buffer.AsMemory(0, length));
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"the connection was lost: {exception.Message}";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Enlarge(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static void Tell(Action<JsonElement> received, ReadOnlyMemory<byte> text)
    {
        try
        {
            using var operation = JsonDocument.Parse(text);
            if (operation.RootElement.ValueKind == JsonValueKind.Object) received(operation.RootElement);
        }
        catch (JsonException)
        {
            // Nothing that a rosbridge server has to tell.
        }
    }

    private async Task<string> AnswerCloseAsync()
    {
        var (status, reason) = (_socket.CloseStatus, _socket.CloseStatusDescription);
        if (_socket.State == WebSocketState.CloseReceived) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        return $"the server closed the connection{(status is { } code ? $": {(int)code} {RosbridgeFailures.Clean(string.IsNullOrEmpty(reason) ? code.ToString() : reason)}" : "")}";
    }
}

/// <summary>Is told of what a server sends. Nothing of it is to be kept.</summary>
/// <param name="LongestMessage">Bytes of the longest message, in round numbers.</param>
/// <param name="Text">Gets operations that are JSON.</param>
/// <param name="Binary">Gets binary messages; null: nobody does.</param>
/// <param name="TooLong">Is told of messages that were longer; null: nobody is.</param>
internal sealed record RosbridgeReceiver(int LongestMessage, Action<JsonElement> Text, Action<ReadOnlyMemory<byte>>? Binary = null, Action? TooLong = null);
