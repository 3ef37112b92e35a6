using System.Buffers;
using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>How messages get into packets, and what becomes of them.</summary>
internal sealed partial class MqttConnection
{
    /// <summary>Bytes after which packets that were held back go out: enough to share a call of the system, and little enough that the broker has something to read meanwhile.</summary>
    private const int FlushBytes = 4 * 1024;

    private readonly SemaphoreSlim _sending = new(1);
    private readonly List<ReplayMessage> _unacknowledged = [];
    private readonly List<(ReplayMessage Message, int Bytes)> _heldBack = [];
    private readonly MqttPackets _packets;
    private readonly ArrayBufferWriter<byte> _changed = new();
    private readonly ArrayBufferWriter<byte> _body = new();
    private int _onTheirWay;
    private int _next;

    public void OnMissed(in ReplayMessage message) => _sink.AgentOf(message.Agent).Counter.CountLost(LossReason.Backlog);

    public void OnDiscarded(in ReplayMessage message) => _sink.AgentOf(message.Agent).Counter.CountLost(LossReason.Ended);

    public async ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        _next = 0;
        try
        {
            if (_agent?.Vehicle is { } vehicle)
            {
                await ObserveAsync(vehicle, messages, cancellationToken);
                return;
            }
            while (_next < messages.Length)
            {
                if (await SessionAsync(cancellationToken) is not { } session)
                {
                    for (; _next < messages.Length; _next++) CountLost(messages.Span[_next], LossReason.Disconnected);
                    return;
                }
                using var turn = await TurnAsync(cancellationToken);
                await SendAsync(session, messages, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            for (; _next < messages.Length; _next++) OnDiscarded(messages.Span[_next]);
            throw;
        }
    }

    /// <summary>The connection; null: it is away and not waited for.</summary>
    private async ValueTask<MqttSession?> SessionAsync(CancellationToken cancellationToken)
    {
        var connected = _connected.Task;
        if (connected.IsCompletedSuccessfully) return connected.Result;
        return _sink.Endpoint.OnFailure == EndpointFailurePolicy.Continue ? null : await connected.WaitAsync(cancellationToken);
    }

    /// <summary>Sends messages from the next one on, until all have been or the connection is lost.</summary>
    private async ValueTask SendAsync(MqttSession session, ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            session.Channel.HoldBack();
            while (_next < messages.Length)
            {
                var message = messages.Span[_next];
                if (await PayloadAsync(session, message, cancellationToken) is { } payload)
                    await PublishAsync(session, message, payload, isAgain: false, cancellationToken);
                _next++;
                if (session.Channel.HeldBack < FlushBytes) continue;
                await FlushAsync(session, cancellationToken);
                session.Channel.HoldBack();
            }
            await FlushAsync(session, cancellationToken);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            GiveUpHeldBack(session, LossReason.Disconnected);
            Lose(session, exception);
        }
        catch (OperationCanceledException)
        {
            GiveUpHeldBack(session, LossReason.Ended);
            throw;
        }
    }

    /// <summary>With an acknowledgement it is known which of them have to be sent again; without, none can be taken as sent.</summary>
    private void GiveUpHeldBack(MqttSession session, LossReason reason)
    {
        foreach (var (message, _) in _heldBack.Where(_ => !IsAcknowledged(session))) CountLost(message, reason);
        _heldBack.Clear();
    }

    /// <summary>What was held back is out once it is with the network.</summary>
    private async ValueTask FlushAsync(MqttSession session, CancellationToken cancellationToken)
    {
        await session.Channel.FlushAsync(cancellationToken);
        if (_heldBack.Count == 0) return;
        if (!IsAcknowledged(session))
        {
            foreach (var (message, bytes) in _heldBack) _sink.AgentOf(message.Agent).Counter.CountOut(bytes);
        }
        _sink.CountHandedOver(_heldBack);
        _heldBack.Clear();
    }

    /// <summary>The message's payload in the endpoint's form; null: it has none, and is counted as lost.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> PayloadAsync(MqttSession session, ReplayMessage message, CancellationToken cancellationToken)
    {
        var topic = TopicOf(message);
        try
        {
            if (topic.Problem is not null) return Lost(message, LossReason.Payload);
            var reading = message.ReadAsync(cancellationToken);
            // What was held back must not wait for a recording that is still on its way here.
            if (!reading.IsCompleted) await FlushAsync(session, cancellationToken);
            var recorded = await reading;
            if (topic.IsUnchanged) return recorded;
            _body.ResetWrittenCount();
            var agent = _sink.AgentOf(message.Agent);
            if (!topic.Write(recorded, agent.Change, _sink.WallClockZero + message.DueAt, message.BagTime, _changed, _body)) agent.Counter.CountUnchanged();
            // An acknowledgement may take a while, and the buffer is soon the next message's.
            return _sink.Endpoint.Options.QualityOfService == 0 ? _body.WrittenMemory : _body.WrittenSpan.ToArray();
        }
        catch (Exception exception) when (exception is RosMessageException or BagFormatException)
        {
            return Lost(message, LossReason.Payload);
        }
    }

    private async ValueTask PublishAsync(MqttSession session, ReplayMessage message, ReadOnlyMemory<byte> payload, bool isAgain, CancellationToken cancellationToken)
    {
        var agent = _sink.AgentOf(message.Agent);
        var topic = agent.TopicOf(message);
        if (topic.Length == 0)
        {
            CountLost(message, LossReason.Topic);
            return;
        }
        if (!session.Takes(payload.Length + topic.Length))
        {
            CountLost(message, LossReason.TooLarge);
            return;
        }
        if (!IsAcknowledged(session))
        {
            await session.Client.PublishAsync(_packets.Reuse(session, message, topic, payload), cancellationToken);
            _heldBack.Add((message, payload.Length));
            return;
        }
        if (!session.Window.Wait(0, cancellationToken))
        {
            await FlushAsync(session, cancellationToken);
            await session.Window.WaitAsync(cancellationToken);
            session.Channel.HoldBack();
        }
        var publishing = session.Client.PublishAsync(_packets.Create(session, message, topic, payload), CancellationToken.None);
        Interlocked.Increment(ref _onTheirWay);
        _ = AcknowledgeAsync(session, publishing, message);
        if (isAgain)
        {
            agent.Counter.CountResent();
            return;
        }
        agent.Counter.CountOut(payload.Length);
        _heldBack.Add((message, payload.Length));
    }

    private async Task AcknowledgeAsync(MqttSession session, Task<MqttClientPublishResult> publishing, ReplayMessage message)
    {
        try
        {
            var result = await publishing.ConfigureAwait(false);
            if (result.IsSuccess) _sink.CountAcknowledged(message);
            else CountLost(message, LossReason.Refused);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            lock (_unacknowledged) _unacknowledged.Add(message);
        }
        Interlocked.Decrement(ref _onTheirWay);
        session.Window.Release();
    }

    /// <summary>Sends what an earlier connection was lost with.</summary>
    private async Task ResendAsync(MqttSession session)
    {
        using var turn = await TurnAsync(_stopping.Token);
        ReplayMessage[] messages;
        lock (_unacknowledged)
        {
            messages = [.. _unacknowledged.OrderBy(message => message.SentAt).ThenBy(message => message.Repeat).ThenBy(message => message.Index)];
            _unacknowledged.Clear();
        }
        var next = 0;
        try
        {
            for (; next < messages.Length; next++)
            {
                if (await PayloadAsync(session, messages[next], _stopping.Token) is { } payload)
                    await PublishAsync(session, messages[next], payload, isAgain: true, _stopping.Token);
            }
            await FlushAsync(session, _stopping.Token);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            lock (_unacknowledged) _unacknowledged.AddRange(messages.AsSpan(next));
            Lose(session, exception);
        }
    }

    private async Task AllAcknowledgedAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _onTheirWay) > 0 || UnacknowledgedCount() > 0) await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
    }

    /// <summary>Completes once nothing waits for an acknowledgement, whether it came or not.</summary>
    private async Task SettledAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _onTheirWay) > 0) await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
    }

    private int UnacknowledgedCount()
    {
        lock (_unacknowledged) return _unacknowledged.Count;
    }

    /// <summary>What is not acknowledged yet, and will not be waited for.</summary>
    private void CountUnacknowledged()
    {
        lock (_unacknowledged)
        {
            foreach (var message in _unacknowledged) CountLost(message, LossReason.Unacknowledged);
            _unacknowledged.Clear();
        }
    }

    private bool IsAcknowledged(MqttSession session) => session.QualityOf(_sink.Endpoint.Options.QualityOfService) != MqttQualityOfServiceLevel.AtMostOnce;

    private static bool IsConnectionFailure(Exception exception) =>
        exception is MqttCommunicationException or MqttClientNotConnectedException or IOException or ObjectDisposedException or SocketException;

    private PublishedTopic TopicOf(in ReplayMessage message) => _sink.Topics[message.IsClock ? ^1 : message.Timeline.TopicOf(message.Index)];

    private ReadOnlyMemory<byte>? Lost(in ReplayMessage message, LossReason reason)
    {
        CountLost(message, reason);
        return null;
    }

    private void CountLost(in ReplayMessage message, LossReason reason) => _sink.AgentOf(message.Agent).Counter.CountLost(reason);
}
