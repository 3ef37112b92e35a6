using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace SimulationManager.Replay;

/// <summary>
/// Subscribes at a broker. Sessions are clean: what is published while the connection is away is not heard, and what the broker retains is heard
/// once more after each connection.
/// </summary>
internal sealed partial class MqttListener : ITopicListener
{
    /// <summary>Bytes of the largest packet that a broker is asked to send; it leaves larger ones out.</summary>
    public const int MaxPacketBytes = 16 * 1024 * 1024;

    private const int Buffer = 256 * 1024;
    private const string TypeProperty = "type";
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    private readonly OutputEndpoint _endpoint;
    private readonly MqttEndpointOptions _options;
    private readonly ListenPlan _plan;
    private readonly ListenerState _state;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MqttListener(OutputEndpoint endpoint, MqttEndpointOptions options, ListenPlan plan)
    {
        (_endpoint, _options, _plan) = (endpoint, options, plan);
        _state = new ListenerState(plan.Time);
        _client.ApplicationMessageReceivedAsync += Receive;
        _client.DisconnectedAsync += OnDisconnected;
        _running = Task.Run(RunAsync);
    }

    public ListenerStatus Status => _state.Status;

    public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now) => _state.TakeGaps(now);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _client.Dispose();
        _stopping.Dispose();
        _plan.Heard.Complete();
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            try
            {
                _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _state.Subscribed(await SubscribeAsync());
                failures = 0;
                await _lost.Task.WaitAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                Fail(MqttFailures.Describe(_endpoint, exception));
            }
            await Task.Delay(ReconnectWait.After(failures), _plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await SayGoodbyeAsync();
    }

    /// <summary>Connects and subscribes.</summary>
    /// <returns>The topics that the broker refused; null: none.</returns>
    private async Task<string?> SubscribeAsync()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        giveUp.CancelAfter(ConnectWithin);
        var credentials = SinkCredentials.Find(_plan.Credentials, _endpoint.Credentials);
        var settings = MqttClientSettings.Of(_endpoint, credentials, Buffer).WithClientId(_plan.Process)
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(_options.KeepAlive)).WithMaximumPacketSize(MaxPacketBytes);
        if (credentials?.OfShared(_plan.Simulation, _plan.Process) is var (username, password)) settings.WithCredentials(username, password);
        // One that a subscription failed on is still there.
        if (_client.IsConnected) await _client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp.Token);
        var answer = await _client.ConnectAsync(settings.Build(), giveUp.Token);
        if (answer.ResultCode != MqttClientConnectResultCode.Success) throw new MqttRefusedException(answer);
        var quality = (MqttQualityOfServiceLevel)Math.Min((int)answer.MaximumQoS, Math.Max(1, _options.QualityOfService));
        var subscriptions = new MqttClientSubscribeOptionsBuilder();
        foreach (var topic in _plan.Topics) subscriptions.WithTopicFilter(topic, quality);
        var result = await _client.SubscribeAsync(subscriptions.Build(), giveUp.Token);
        var refused = result.Items.Where(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2).Select(item => $"{item.TopicFilter.Topic} ({item.ResultCode})").ToArray();
        return refused.Length == 0 ? null : $"the broker does not let this client subscribe to {string.Join(", ", refused)}";
    }

    private Task Receive(MqttApplicationMessageReceivedEventArgs received)
    {
        var message = received.ApplicationMessage;
        var payload = message.Payload.ToArray();
        var type = message.UserProperties?.FirstOrDefault(property => property.Name == TypeProperty) is { } property && RosNames.MangleType(property.ReadValueAsString()) is not null ? property.ReadValueAsString() : "";
        _plan.Heard.Add(_plan.Heard.TopicOf(message.Topic ?? "", type, EncodingOf(message.ContentType, type, payload)), payload);
        return Task.CompletedTask;
    }

    private Task OnDisconnected(MqttClientDisconnectedEventArgs disconnected)
    {
        if (!disconnected.ClientWasConnected) return Task.CompletedTask;
        if (!_stopping.IsCancellationRequested) Fail(MqttFailures.Describe(_endpoint, disconnected));
        _lost.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>What the publisher says, else what the bytes are.</summary>
    private static string EncodingOf(string? contentType, string type, ReadOnlySpan<byte> payload)
    {
        if (contentType == "application/cbor") return HeardTopic.Cbor;
        if (IsJson(payload)) return HeardTopic.Json;
        // Agents of this system say the type and send what ROS 2 serializes: with its encapsulation header.
        return type.Length > 0 && payload is [0, 0 or 1, _, _, ..] ? HeardTopic.Cdr : HeardTopic.Bytes;
    }

    /// <summary>Whether it is a JSON object or array; a lone number or word may be anything.</summary>
    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        if (payload.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..]) return false;
        var reader = new Utf8JsonReader(payload);
        try
        {
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private async Task SayGoodbyeAsync()
    {
        using var giveUp = new CancellationTokenSource(GoodbyeWithin, _plan.Time);
        try
        {
            if (_client.IsConnected) await _client.DisconnectAsync(new MqttClientDisconnectOptions(), giveUp.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It is gone all the same.
        }
    }

    private void Fail(string error)
    {
        if (_state.Failed(error)) LogFailed(_plan.Logger, _endpoint, error);
    }

    [LoggerMessage(271, LogLevel.Warning, "Listening at {Endpoint}: {Error}")]
    private static partial void LogFailed(ILogger logger, OutputEndpoint endpoint, string error);
}
