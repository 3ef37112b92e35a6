using System.Buffers;
using System.Net.Sockets;
using MQTTnet.Exceptions;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>How messages get into packets, and what becomes of them.</summary>
internal sealed partial class MqttConnection
{
    /// <summary>Bytes after which packets go out: enough to share a call of the system, and little enough that the broker has something to read meanwhile.</summary>
    private const int FlushBytes = 4 * 1024;

    private readonly SemaphoreSlim _sending = new(1);
    private readonly PendingSends _pending = new();
    private readonly List<SentMessage> _heldBack = [];
    private readonly PacketBuffer _packets = new();
    private readonly ArrayBufferWriter<byte> _changed = new();
    private readonly ArrayBufferWriter<byte> _body = new();
    private int _next;

    public void OnOffered(in ReplayMessage message)
    {
        // What a vehicle is shown is not what it says.
        if (_agent?.Vehicle is null) AgentOf(message).Counter.Offer(message);
    }

    public void OnMissed(in ReplayMessage message) => AgentOf(message).Counter.CountLost(LossReason.Backlog);

    public void OnDiscarded(in ReplayMessage message) => CountLost(message, LossReason.Ended);

    /// <summary>Publishes, at the next connection, what an agent has put out.</summary>
    public void Resume(MqttAgent agent, ReplayTimeline timeline, PendingMessages pending) => _pending.Add(pending.MessagesOf(agent.Number, timeline, _sink.Plan.Clock.Now));

    /// <summary>Publishes and counts nothing more of an agent, once what is being written is.</summary>
    public async Task FreezeAsync(MqttAgent agent)
    {
        // A connection that hangs is not waited for.
        var isFree = await _sending.WaitAsync(CutWithin);
        agent.Counter.IsFrozen = true;
        if (isFree) _sending.Release();
    }

    /// <summary>Goes on with an agent from where it was frozen.</summary>
    public void Unfreeze(MqttAgent agent, ReplayTimeline timeline)
    {
        var session = Session;
        session?.Window.Forget(agent);
        _pending.Replace(agent.Number, agent.Counter.Snapshot().Pending.MessagesOf(agent.Number, timeline, _sink.Plan.Clock.Now));
        agent.Counter.IsFrozen = false;
        if (session is not null) _ = SendPendingInTurnAsync(session);
    }

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
            while (_next < messages.Length)
            {
                await PublishAsync(session, messages.Span[_next], isOut: false, cancellationToken);
                _next++;
                if (_packets.Length >= FlushBytes) await FlushAsync(session, cancellationToken);
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
        foreach (var sent in _heldBack.Where(_ => !session.IsAcknowledged)) sent.Agent.Counter.CountLost(sent.Message, reason, sent.IsOut);
        _heldBack.Clear();
        _packets.Clear();
    }

    /// <summary>Writes the packets. Their messages are out once they are with the network.</summary>
    private async ValueTask FlushAsync(MqttSession session, CancellationToken cancellationToken)
    {
        if (_packets.Length == 0) return;
        await session.Wire.Channel.WriteAsync(new ReadOnlySequence<byte>(_packets.Written), true, cancellationToken);
        _packets.Clear();
        if (!session.IsAcknowledged)
        {
            foreach (var sent in _heldBack) sent.Agent.Counter.CountSent(sent.Message, sent.Bytes, sent.IsOut, isAcknowledged: false);
        }
        _sink.CountHandedOver(_heldBack);
        _heldBack.Clear();
    }

    /// <summary>Writes a message's packet, which goes out with others, or counts it as lost.</summary>
    private async ValueTask PublishAsync(MqttSession session, ReplayMessage message, bool isOut, CancellationToken cancellationToken)
    {
        var agent = AgentOf(message);
        if (agent.Counter.IsFrozen) return;
        if (await PayloadAsync(session, agent, message, isOut, cancellationToken) is not { } payload) return;
        var topic = agent.TopicOf(message);
        if (topic.Length == 0 || !session.Takes(payload.Length + topic.Length + _sink.Packets.OverheadOf(message)))
        {
            agent.Counter.CountLost(message, topic.Length == 0 ? LossReason.Topic : LossReason.TooLarge, isOut);
            return;
        }
        ushort identifier = 0;
        while (session.IsAcknowledged && (identifier = session.Window.TryTake(agent, message, payload.Length, isOut)) == 0)
        {
            await FlushAsync(session, cancellationToken);
            await session.Window.WaitAsync(cancellationToken);
        }
        _sink.Packets.Write(_packets, session, topic, message, payload.Span, identifier);
        _heldBack.Add(new SentMessage(agent, message, payload.Length, isOut));
    }

    /// <summary>The message's payload in the endpoint's form; null: it has none, and is counted as lost.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> PayloadAsync(MqttSession session, MqttAgent agent, ReplayMessage message, bool isOut, CancellationToken cancellationToken)
    {
        var topic = _sink.Topics[message.IsClock ? ^1 : message.Timeline.TopicOf(message.Index)];
        try
        {
            if (topic.Problem is not null) return Lost();
            var reading = message.ReadAsync(cancellationToken);
            // What was held back must not wait for a recording that is still on its way here.
            if (!reading.IsCompleted) await FlushAsync(session, cancellationToken);
            var recorded = await reading;
            if (topic.IsUnchanged) return recorded;
            _body.ResetWrittenCount();
            if (!topic.Write(recorded, agent.Change, _sink.WallClockZero + message.DueAt, message.BagTime, _changed, _body)) agent.Counter.CountUnchanged();
            return _body.WrittenMemory;
        }
        catch (Exception exception) when (exception is RosMessageException or BagFormatException)
        {
            return Lost();
        }

        ReadOnlyMemory<byte>? Lost()
        {
            agent.Counter.CountLost(message, LossReason.Payload, isOut);
            return null;
        }
    }

    /// <summary>Lets messages use a connection, after those that were not acknowledged before the last one was lost, here or where agents published before.</summary>
    private async Task OpenAsync(MqttSession session)
    {
        using var turn = await TurnAsync(_stopping.Token);
        _connected.TrySetResult(session);
        _firstTry.TrySetResult();
        // Nobody was told of a loss before there was a session.
        if (!_client.IsConnected) Lose(session, new MqttClientNotConnectedException());
        await SendPendingAsync(session);
    }

    private async Task SendPendingInTurnAsync(MqttSession session)
    {
        using var turn = await TurnAsync(_stopping.Token);
        await SendPendingAsync(session);
    }

    private async Task SendPendingAsync(MqttSession session)
    {
        try
        {
            await _pending.PublishAsync(
                async (message, isOut) =>
                {
                    await PublishAsync(session, message, isOut, _stopping.Token);
                    if (_packets.Length >= FlushBytes) await FlushAsync(session, _stopping.Token);
                },
                () => FlushAsync(session, _stopping.Token));
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            GiveUpHeldBack(session, LossReason.Disconnected);
            Lose(session, exception);
        }
        catch (OperationCanceledException)
        {
            GiveUpHeldBack(session, LossReason.Ended);
        }
    }

    /// <summary>Completes once everything is acknowledged, that which has to be sent again as well.</summary>
    private async Task AllAcknowledgedAsync(CancellationToken cancellationToken)
    {
        while (!IsTrue()) await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);

        bool IsTrue()
        {
            lock (_losing) return _pending.IsEmpty && Session is not { Window.IsEmpty: false };
        }
    }

    private static bool IsConnectionFailure(Exception exception) =>
        exception is MqttCommunicationException or MqttClientNotConnectedException or IOException or ObjectDisposedException or SocketException;

    private MqttAgent AgentOf(in ReplayMessage message) => _agent ?? _sink.AgentOf(message.Agent);

    private void CountLost(in ReplayMessage message, LossReason reason) => AgentOf(message).Counter.CountLost(message, reason);
}

/// <summary>A message in a packet.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Message">The message.</param>
/// <param name="Bytes">Of its payload, as it is sent.</param>
/// <param name="IsOut">Whether it was sent before.</param>
internal readonly record struct SentMessage(MqttAgent Agent, ReplayMessage Message, int Bytes, bool IsOut);
