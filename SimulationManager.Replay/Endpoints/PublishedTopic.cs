using System.Buffers;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>A topic as it is published: its type, and how its payloads are brought into the endpoint's form. Shared by agents and threads.</summary>
internal sealed class PublishedTopic
{
    /// <summary>Bytes by which names of frames may make a payload longer before it takes a second try.</summary>
    private const int Spare = 256;

    private readonly PayloadFormat _format;
    private readonly JsonForm _json;
    private readonly MessageCodec? _codec;
    private readonly PayloadTransform _transform;

    internal PublishedTopic(string name, RecordedType? type, bool isLatched, PayloadFormat format, JsonForm json, PayloadOptions changes)
    {
        Name = name;
        Type = type?.Name;
        IsLatched = isLatched;
        (_format, _json) = (format, json);
        _transform = new PayloadTransform(type, changes);
        if (_transform.Problem is { } problem) Warning = $"payloads of {name} are published as recorded: {problem}";
        if (format is PayloadFormat.Cdr or PayloadFormat.Vda5050) return;
        if (type?.Schema is { } schema) _codec = new MessageCodec(schema);
        else Problem = $"{name} cannot be published as {format.ToString().ToUpperInvariant()}: {type?.Problem ?? "its type is not known"}";
    }

    /// <summary>The ROS name that it is played under.</summary>
    public string Name { get; }

    /// <summary>The type's name; null when nobody knows it.</summary>
    public string? Type { get; }

    /// <summary>Whether its last message is for whoever subscribes later.</summary>
    public bool IsLatched { get; }

    /// <summary>Why its messages cannot be published; null when they can.</summary>
    public string? Problem { get; }

    /// <summary>What of the changes that were asked for is not done; null when all is.</summary>
    public string? Warning { get; }

    /// <summary>Whether payloads are published as they were recorded.</summary>
    public bool IsUnchanged => _format == PayloadFormat.Cdr && !_transform.ChangesAnything;

    /// <summary>The topics of a timeline, in its order, and the clock at the end.</summary>
    public static PublishedTopic[] Of(ReplayTimeline timeline, PayloadFormat format, PayloadOptions changes, JsonForm json = JsonForm.Exact)
    {
        var latched = timeline.Latched.Select(topic => topic.TopicOf(timeline)).ToHashSet();
        return
        [
            .. timeline.Topics.Select((name, index) => new PublishedTopic(name, timeline.Types.Count == 0 ? null : timeline.Types[index], latched.Contains(index), format, json, changes)),
            new PublishedTopic(ClockMessage.Topic, ClockMessage.Type, isLatched: false, format, json, changes),
        ];
    }

    /// <summary>Writes a payload as an agent publishes it.</summary>
    /// <param name="recorded">The payload as recorded.</param>
    /// <param name="agent">What the agent changes.</param>
    /// <param name="dueAtNs">When the message is due by the wall clock, nanoseconds since 1970.</param>
    /// <param name="bagTimeNs">Its recorded time.</param>
    /// <param name="changed">For payloads that are changed before they are brought into another form.</param>
    /// <param name="output">Takes the payload.</param>
    /// <returns>False: it could not be changed, and is written as recorded.</returns>
    /// <exception cref="RosMessageException">It cannot be brought into the endpoint's form.</exception>
    public bool Write(ReadOnlySpan<byte> recorded, AgentChange agent, long dueAtNs, long bagTimeNs, ArrayBufferWriter<byte> changed, ArrayBufferWriter<byte> output)
    {
        if (!_transform.ChangesAnything)
        {
            WriteForm(recorded, output);
            return true;
        }
        var target = _format == PayloadFormat.Cdr ? output : changed;
        target.ResetWrittenCount();
        var isChanged = Change(recorded, agent, dueAtNs, bagTimeNs, target);
        if (!isChanged) target.Write(recorded);
        if (target != output) WriteForm(target.WrittenSpan, output);
        return isChanged;
    }

    private bool Change(ReadOnlySpan<byte> recorded, AgentChange agent, long dueAtNs, long bagTimeNs, ArrayBufferWriter<byte> target)
    {
        for (var room = (long)recorded.Length + Spare; ; room *= 2)
        {
            var status = _transform.Apply(recorded, agent, dueAtNs, bagTimeNs, target.GetSpan((int)Math.Min(room, Array.MaxLength)), out var written);
            if (status == RewriteStatus.Done) target.Advance(written);
            if (status != RewriteStatus.DestinationTooSmall || room > agent.LongestPayload(recorded.Length)) return status == RewriteStatus.Done;
        }
    }

    private void WriteForm(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        if (_format == PayloadFormat.Json) _codec!.WriteJson(payload, output, _json);
        else if (_format == PayloadFormat.Cbor) _codec!.WriteCbor(payload, output);
        else output.Write(payload);
    }
}
