using System.Buffers;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>A topic as it is published: its type, and how its payloads are brought into the endpoint's form. Shared by agents and threads.</summary>
internal sealed class PublishedTopic
{
    private readonly PayloadFormat _format;
    private readonly MessageCodec? _codec;

    private PublishedTopic(string name, RecordedType? type, bool isLatched, PayloadFormat format)
    {
        Name = name;
        Type = type?.Name;
        IsLatched = isLatched;
        _format = format;
        if (format == PayloadFormat.Cdr) return;
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

    /// <summary>Whether payloads are published as they were recorded.</summary>
    public bool IsUnchanged => _format == PayloadFormat.Cdr;

    /// <summary>The topics of a timeline, in its order, and the clock at the end.</summary>
    public static PublishedTopic[] Of(ReplayTimeline timeline, PayloadFormat format)
    {
        var latched = timeline.Latched.Select(topic => topic.TopicOf(timeline)).ToHashSet();
        return
        [
            .. timeline.Topics.Select((name, index) => new PublishedTopic(name, timeline.Types.Count == 0 ? null : timeline.Types[index], latched.Contains(index), format)),
            new PublishedTopic(ClockMessage.Topic, ClockMessage.Type, isLatched: false, format),
        ];
    }

    /// <summary>Writes a payload in the endpoint's form.</summary>
    /// <exception cref="RosMessageException">The payload is damaged or of another type.</exception>
    public void Write(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        if (_format == PayloadFormat.Json) _codec!.WriteJson(payload, output);
        else output.Write(payload);
    }
}
