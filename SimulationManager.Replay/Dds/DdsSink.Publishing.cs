using System.Buffers;
using SimulationManager.Rosbag2;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>How messages get to the writers, and what becomes of them.</summary>
internal sealed partial class DdsSink : IReplaySink
{
    /// <summary>Nanoseconds that a message may wait for others of its writer to share a packet.</summary>
    private const long PackedFor = 1_000_000;

    private readonly PendingSends _pending = new();

    /// <summary>Writers that have messages in packets which are not full, and since when.</summary>
    private readonly List<DdsWriter> _unsent = [];
    private long _unsentSince;
    private readonly ArrayBufferWriter<byte> _changed = new();
    private readonly ArrayBufferWriter<byte> _body = new();
    private bool _hasNewWriters;

    public void OnOffered(in ReplayMessage message) => AgentOf(message.Agent).Counter.Offer(message);

    public void OnMissed(in ReplayMessage message) => AgentOf(message.Agent).Counter.CountLost(LossReason.Backlog);

    public void OnDiscarded(in ReplayMessage message) => CountLost(message, LossReason.Ended);

    public async ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        var next = 0;
        try
        {
            if (!IsOpen && Endpoint.OnFailure == EndpointFailurePolicy.Continue)
            {
                for (; next < messages.Length; next++) CountLost(messages.Span[next], LossReason.Disconnected);
                return;
            }
            await _known.Task.WaitAsync(cancellationToken);
            // A writer waits for a reliable subscriber that is behind: not on the thread, which other endpoints have as well.
            await Task.Yield();
            await _turn.WaitAsync(cancellationToken);
            try
            {
                for (; next < messages.Length; next++) await PublishAsync(messages.Span[next], isOut: false, cancellationToken);
            }
            finally
            {
                Flush();
                if (_hasNewWriters) TellNodes();
                _hasNewWriters = false;
                _turn.Release();
            }
        }
        catch (OperationCanceledException)
        {
            for (; next < messages.Length; next++) OnDiscarded(messages.Span[next]);
            throw;
        }
    }

    public async Task FreezeAsync(IEnumerable<long> numbers)
    {
        await _turn.WaitAsync();
        foreach (var number in numbers) AgentOf(number).Counter.IsFrozen = true;
        _turn.Release();
    }

    public void Unfreeze(IEnumerable<long> numbers)
    {
        foreach (var agent in numbers.Select(AgentOf))
        {
            _pending.Replace(agent.Number, agent.Counter.Snapshot().Pending.MessagesOf(agent.Number, _timeline, Plan.Clock.Now));
            agent.Counter.IsFrozen = false;
        }
        if (_known.Task.IsCompletedSuccessfully) _ = PublishPendingInTurnAsync();
    }

    private async Task PublishPendingInTurnAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await PublishPendingAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // What is left is counted when it is disposed.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Publishes what was put out before. What is not out when it is cancelled stays. In turn.</summary>
    private async Task PublishPendingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _pending.PublishAsync((message, isOut) => PublishAsync(message, isOut, cancellationToken));
        }
        finally
        {
            Flush();
        }
    }

    /// <summary>Hands a message to its writer, or counts it as lost. In turn.</summary>
    private ValueTask PublishAsync(in ReplayMessage message, bool isOut, CancellationToken cancellationToken)
    {
        var agent = AgentOf(message.Agent);
        if (agent.Counter.IsFrozen) return default;
        var index = message.IsClock ? Topics.Length - 1 : message.Timeline.TopicOf(message.Index);
        if (message.IsClock && agent.Writers[index] is null && !agent.IsRemoved) OpenClock(agent);
        if (agent.Writers[index] is not { } writer)
        {
            agent.Counter.CountLost(message, agent.IsRemoved ? LossReason.Ended : Topics[index].Problem is null ? LossReason.Topic : LossReason.Payload, isOut);
            return default;
        }
        var reading = message.ReadAsync(cancellationToken);
        if (reading.IsCompletedSuccessfully)
        {
            Publish(agent, writer, Topics[index].Published, message, isOut, reading.Result);
            return default;
        }
        // What has to be fetched holds up nothing that is there.
        Flush();
        return PublishWhenReadAsync(agent, writer, Topics[index].Published, message, isOut, reading);
    }

    private async ValueTask PublishWhenReadAsync(DdsAgent agent, DdsWriter writer, PublishedTopic topic, ReplayMessage message, bool isOut, ValueTask<byte[]> reading)
    {
        byte[] recorded;
        try
        {
            recorded = await reading;
        }
        catch (BagFormatException)
        {
            agent.Counter.CountLost(message, LossReason.Payload, isOut);
            return;
        }
        Publish(agent, writer, topic, message, isOut, recorded);
    }

    private void Publish(DdsAgent agent, DdsWriter writer, PublishedTopic topic, in ReplayMessage message, bool isOut, byte[] recorded)
    {
        if (PayloadOf(agent, topic, message, recorded) is not { Length: >= RawCdr.HeaderLength } payload)
        {
            agent.Counter.CountLost(message, LossReason.Payload, isOut);
            return;
        }
        switch (Write(writer, payload.Span))
        {
            case DdsNative.Ok:
                var now = Plan.Clock.Now;
                agent.Counter.CountSent(message, payload.Length, isOut, isAcknowledged: false);
                lock (_histograms) _handedOver.Record(now - message.DueAt);
                if (now - _unsentSince > PackedFor) Flush();
                break;
            case DdsNative.Timeout:
                // A reliable subscriber has been behind for too long.
                agent.Counter.CountLost(message, LossReason.Backlog, isOut);
                break;
            default:
                agent.Counter.CountLost(message, LossReason.Refused, isOut);
                break;
        }
    }

    private int Write(DdsWriter writer, ReadOnlySpan<byte> payload)
    {
        if (!writer.HasUnsent)
        {
            if (_unsent.Count == 0) _unsentSince = Plan.Clock.Now;
            _unsent.Add(writer);
        }
        return writer.Write(payload);
    }

    /// <summary>Sends what writers have in packets that are not full. In turn.</summary>
    private void Flush()
    {
        foreach (var writer in _unsent) writer.Flush();
        _unsent.Clear();
    }

    /// <summary>A message's payload as it is published; null: it has none.</summary>
    private ReadOnlyMemory<byte>? PayloadOf(DdsAgent agent, PublishedTopic topic, in ReplayMessage message, byte[] recorded)
    {
        if (topic.IsUnchanged) return recorded;
        try
        {
            _body.ResetWrittenCount();
            if (!topic.Write(recorded, agent.Change, _wallClockZero + message.DueAt, message.BagTime, _changed, _body)) agent.Counter.CountUnchanged();
            return _body.WrittenMemory;
        }
        catch (RosMessageException)
        {
            return null;
        }
    }

    private void OpenClock(DdsAgent agent)
    {
        try
        {
            CreateWriter(_opened.Task.Result, agent, Topics.Length - 1);
            // Told once for many agents: what is told has all of them in it.
            _hasNewWriters = true;
        }
        catch (DdsException exception)
        {
            LogFailed(_logger, Endpoint, exception.Message);
        }
    }

    private void CountLost(in ReplayMessage message, LossReason reason) => AgentOf(message.Agent).Counter.CountLost(message, reason);
}
