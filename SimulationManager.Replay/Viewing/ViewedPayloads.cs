using System.Buffers;

namespace SimulationManager.Replay;

/// <summary>Reads payloads of a cohort's messages in CDR, changed as agents publish them, whether they publish or not. One caller at a time.</summary>
/// <param name="timeline">The messages.</param>
/// <param name="payloads">What is changed in payloads.</param>
internal sealed class ViewedPayloads(ReplayTimeline timeline, PayloadOptions payloads)
{
    private readonly PublishedTopic[] _topics = PublishedTopic.Of(timeline, PayloadFormat.Cdr, payloads);
    private readonly AgentChanges _changes = new(payloads);
    private readonly Dictionary<long, AgentChange> _changeOf = [];
    private readonly ArrayBufferWriter<byte> _changed = new();
    private readonly ArrayBufferWriter<byte> _payload = new();

    /// <summary>The index of a message's topic: that of the timeline, and behind those that of the clock.</summary>
    public static int TopicOf(in ReplayMessage message) => message.IsClock ? message.Timeline.Topics.Count : message.Timeline.TopicOf(message.Index);

    /// <summary>The payload, once it is on this machine.</summary>
    /// <param name="message">The message.</param>
    /// <param name="dueAt">When it was due by the wall clock, nanoseconds since 1970.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The bytes, which others read as well: they are not to be written to.</returns>
    /// <exception cref="Rosbag2.BagFormatException">The bag is damaged there.</exception>
    public async ValueTask<byte[]> ReadAsync(ReplayMessage message, long dueAt, CancellationToken cancellationToken)
    {
        var recorded = await message.ReadAsync(cancellationToken);
        var topic = _topics[TopicOf(message)];
        if (topic.IsUnchanged) return recorded;
        if (!_changeOf.TryGetValue(message.Agent, out var change)) change = _changeOf[message.Agent] = _changes.Of(message.Agent);
        _payload.ResetWrittenCount();
        topic.Write(recorded, change, dueAt, message.BagTime, _changed, _payload);
        return _payload.WrittenSpan.ToArray();
    }
}
