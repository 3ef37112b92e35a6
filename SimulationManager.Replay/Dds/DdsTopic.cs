using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>A topic as agents publish it over DDS: what does not depend on the agent.</summary>
internal sealed class DdsTopic
{
    private DdsTopic(PublishedTopic published, RecordedType? type, TopicOffer? offer, DdsEndpointOptions options)
    {
        Published = published;
        Offer = WriterQos.Of(offer?.Profiles ?? [], options);
        var hash = offer?.TypeHash ?? (type?.Schema is { } schema ? TypeHash.Compute(schema) : null);
        UserData = hash is null ? "" : $"typehash={hash};";
        TypeName = published.Type is null ? null : RosNames.MangleType(published.Type);
        Problem = Describe(published, type);
        if (Problem is null && hash is null) Warning = $"{published.Name} is published without a type hash, so that subscribers know its type by name alone: {type?.Problem}";
    }

    public PublishedTopic Published { get; }

    /// <summary>The type's DDS name; null with a <see cref="Problem"/>.</summary>
    public string? TypeName { get; }

    /// <summary>What its writers offer.</summary>
    public WriterQos Offer { get; }

    /// <summary>What others are told of its writers besides.</summary>
    public string UserData { get; }

    /// <summary>Why its messages cannot be published; null when they can.</summary>
    public string? Problem { get; }

    /// <summary>What subscribers may miss; null: nothing.</summary>
    public string? Warning { get; }

    /// <summary>The topics of a timeline, in its order, and the clock at the end.</summary>
    public static DdsTopic[] Of(ReplayTimeline timeline, PublishedTopic[] topics, DdsEndpointOptions options) => [.. topics.Select((topic, index) => new DdsTopic(
        topic,
        index == topics.Length - 1 ? ClockMessage.Type : index < timeline.Types.Count ? timeline.Types[index] : null,
        index < timeline.Offers.Count ? timeline.Offers[index] : null,
        options))];

    private static string? Describe(PublishedTopic published, RecordedType? type)
    {
        if (published.Type is null) return $"{published.Name} cannot be published over DDS: its type is not known";
        if (RosNames.MangleType(published.Type) is null) return $"{published.Name} cannot be published over DDS: {published.Type} is no name of a type such as package/msg/Type";
        return type is { IsCdr: false } ? $"{published.Name} cannot be published over DDS: {type.Problem}" : null;
    }
}
