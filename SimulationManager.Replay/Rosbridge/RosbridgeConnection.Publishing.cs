using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>How messages get into operations, and what becomes of them.</summary>
internal sealed partial class RosbridgeConnection
{
    /// <summary>How long an agent that is frozen waits for a connection that hangs.</summary>
    private static readonly TimeSpan FreezeWithin = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _sending = new(1);
    private readonly PendingSends _pending = new();
    private readonly ArrayBufferWriter<byte> _changed = new();
    private readonly ArrayBufferWriter<byte> _operation = new();

    public void OnOffered(in ReplayMessage message) => AgentOf(message).Counter.Offer(message);

    public void OnMissed(in ReplayMessage message) => AgentOf(message).Counter.CountLost(LossReason.Backlog);

    public void OnDiscarded(in ReplayMessage message) => AgentOf(message).Counter.CountLost(message, LossReason.Ended);

    /// <summary>Publishes, at the next connection, what an agent has put out.</summary>
    public void Resume(RosbridgeAgent agent, ReplayTimeline timeline, PendingMessages pending) => _pending.Add(pending.MessagesOf(agent.Number, timeline, _sink.Plan.Clock.Now));

    /// <summary>Publishes and counts nothing more of agents, once what is being written is.</summary>
    public async Task FreezeAsync(IReadOnlyList<RosbridgeAgent> agents)
    {
        var isFree = await _sending.WaitAsync(FreezeWithin);
        foreach (var agent in agents) agent.Counter.IsFrozen = true;
        if (isFree) _sending.Release();
    }

    /// <summary>Goes on with agents from where they were frozen.</summary>
    public void Unfreeze(IReadOnlyList<RosbridgeAgent> agents, ReplayTimeline timeline)
    {
        foreach (var agent in agents)
        {
            _pending.Replace(agent.Number, agent.Counter.Snapshot().Pending.MessagesOf(agent.Number, timeline, _sink.Plan.Clock.Now));
            agent.Counter.IsFrozen = false;
        }
        if (Session is { } session) _ = InTurnAsync(session, SendPendingAsync);
    }

    public async ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        var next = 0;
        try
        {
            while (next < messages.Length)
            {
                if (await SessionAsync(cancellationToken) is not { } session)
                {
                    for (; next < messages.Length; next++) AgentOf(messages.Span[next]).Counter.CountLost(messages.Span[next], LossReason.Disconnected);
                    return;
                }
                await _sending.WaitAsync(cancellationToken);
                try
                {
                    for (; next < messages.Length; next++) await PublishAsync(session, messages.Span[next], isOut: false, cancellationToken);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsConnectionFailure(exception))
                {
                    Lose(session, exception);
                }
                finally
                {
                    _sending.Release();
                }
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && IsConnectionFailure(exception))
        {
            for (; next < messages.Length; next++) OnDiscarded(messages.Span[next]);
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>The connection; null: it is away and not waited for.</summary>
    private async ValueTask<RosbridgeSession?> SessionAsync(CancellationToken cancellationToken)
    {
        var connected = _connected.Task;
        if (connected.IsCompletedSuccessfully) return connected.Result;
        return _sink.Endpoint.OnFailure == EndpointFailurePolicy.Continue ? null : await connected.WaitAsync(cancellationToken);
    }

    /// <summary>Lets messages use a connection, after those that agents had put out before.</summary>
    private Task OpenAsync(RosbridgeSession session) => InTurnAsync(session, opened =>
    {
        _connected.TrySetResult(opened);
        _firstTry.TrySetResult();
        return SendPendingAsync(opened);
    });

    /// <summary>Sends something while nobody else does.</summary>
    private async Task InTurnAsync(RosbridgeSession session, Func<RosbridgeSession, Task> send)
    {
        await _sending.WaitAsync(_stopping.Token);
        try
        {
            await send(session);
        }
        catch (Exception exception) when (IsConnectionFailure(exception))
        {
            Lose(session, exception);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task UnadvertiseAsync(RosbridgeSession session, IReadOnlyList<RosbridgeAgent> agents)
    {
        foreach (var topic in agents.SelectMany(agent => agent.Topics).OfType<string>()) await session.UnadvertiseAsync(topic, _stopping.Token);
    }

    private Task SendPendingAsync(RosbridgeSession session) => _pending.PublishAsync((message, isOut) => PublishAsync(session, message, isOut, _stopping.Token));

    /// <summary>Publishes a message, or counts it as lost.</summary>
    private async ValueTask PublishAsync(RosbridgeSession session, ReplayMessage message, bool isOut, CancellationToken cancellationToken)
    {
        var agent = AgentOf(message);
        if (agent.Counter.IsFrozen) return;
        var index = message.IsClock ? _sink.Topics.Length - 1 : message.Timeline.TopicOf(message.Index);
        if (agent.Topics[index] is not { } topic)
        {
            agent.Counter.CountLost(message, LossReason.Topic, isOut);
            return;
        }
        if (await WriteAsync(agent, message, topic, _sink.Topics[index], cancellationToken) is not var (bytes, isChanged))
        {
            agent.Counter.CountLost(message, LossReason.Payload, isOut);
            return;
        }
        if (_operation.WrittenCount > _sink.Options.MaxMessageSize)
        {
            agent.Counter.CountLost(message, LossReason.TooLarge, isOut);
            return;
        }
        await AdvertiseAsync(session, agent, index, cancellationToken);
        await session.SendAsync(_operation.WrittenMemory, cancellationToken);
        agent.Counter.CountSent(message, bytes, isOut, isAcknowledged: false);
        if (!isChanged) agent.Counter.CountUnchanged();
        _sink.CountHandedOver(message);
    }

    /// <summary>Writes the operation that publishes a message.</summary>
    /// <returns>Bytes of the payload, and whether it could be changed as was asked for; null: it has none in this form.</returns>
    private async ValueTask<(int Bytes, bool IsChanged)?> WriteAsync(RosbridgeAgent agent, ReplayMessage message, string name, PublishedTopic topic, CancellationToken cancellationToken)
    {
        if (topic.Problem is not null) return null;
        try
        {
            var recorded = await message.ReadAsync(cancellationToken);
            _operation.ResetWrittenCount();
            _operation.Write("{\"op\":\"publish\",\"topic\":\""u8);
            // Names of ROS have no characters that JSON escapes.
            Encoding.ASCII.GetBytes(name, _operation);
            _operation.Write("\",\"msg\":"u8);
            var start = _operation.WrittenCount;
            var isChanged = topic.Write(recorded, agent.Change, _sink.WallClockZero + message.DueAt, message.BagTime, _changed, _operation);
            var bytes = _operation.WrittenCount - start;
            _operation.Write("}"u8);
            return (bytes, isChanged);
        }
        catch (Exception exception) when (exception is RosMessageException or BagFormatException)
        {
            return null;
        }
    }

    private ValueTask AdvertiseAsync(RosbridgeSession session, RosbridgeAgent agent, int topic, CancellationToken cancellationToken) =>
        agent.Topics[topic] is { } name && _sink.Topics[topic] is { Problem: null, Type: { } type, IsLatched: var isLatched }
            ? session.AdvertiseAsync(name, type, isLatched, cancellationToken)
            : ValueTask.CompletedTask;

    /// <summary>Whether a connection cannot be used any more. One that was aborted says that operations were cancelled.</summary>
    private static bool IsConnectionFailure(Exception exception) =>
        exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or SocketException;

    private RosbridgeAgent AgentOf(in ReplayMessage message) => _sink.AgentOf(message.Agent);
}
