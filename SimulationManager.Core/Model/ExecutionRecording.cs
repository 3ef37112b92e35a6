namespace SimulationManager.Core.Model;

/// <summary>Whose messages a recording holds.</summary>
public enum RecordingKind
{
    /// <summary>Those that a run heard of the system under test.</summary>
    Heard,

    /// <summary>Those that the run's own agents put out.</summary>
    Published,
}

/// <summary>
/// What a run has recorded at one endpoint, or of its own agents, during a while: one complete file in object storage, or none when there was nothing. Rows are only
/// added: what a worker that was lost has written stays as it is, and the times between rows are those that nobody recorded.
/// </summary>
public sealed class ExecutionRecording
{
    /// <summary>What the keys of all recordings begin with.</summary>
    public const string Prefix = "recordings/";

    public long Id { get; init; }
    public required long ExecutionId { get; init; }

    /// <summary>Whose messages it holds.</summary>
    public RecordingKind Kind { get; init; }

    /// <summary>Which of the run's endpoints, from 0; 0 for what agents put out.</summary>
    public required int Listener { get; init; }

    /// <summary>The endpoint's address without its options; empty for what agents put out.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The agent that has the file for itself; null: none has.</summary>
    public long? Agent { get; init; }

    /// <summary>Whether the recorder has ended with it: a worker that was lost has no such row.</summary>
    public bool IsLast { get; init; }

    /// <summary>The process that recorded, in Orleans' parsable form.</summary>
    public required string Silo { get; init; }

    /// <summary>Since when it was subscribed.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Until when.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The file's name; null: nothing was heard, or it could not be stored (<see cref="Error"/>).</summary>
    public string? FileName { get; set; }

    /// <summary>Bytes of the file.</summary>
    public long Size { get; set; }

    /// <summary>What the file holds.</summary>
    public List<RecordedTopic> Topics { get; set; } = [];

    /// <summary>Messages that were not recorded and belong to no topic of <see cref="Topics"/>: there were too many topics, or the name is unusable.</summary>
    public long MissedElsewhere { get; init; }

    /// <summary>When the connection was away meanwhile.</summary>
    public List<ListeningGap> Gaps { get; init; } = [];

    /// <summary>What went wrong last; null: nothing.</summary>
    public string? Error { get; set; }

    /// <summary>Where a file is kept.</summary>
    public static string KeyOf(long executionId, string fileName) => $"{Prefix}{executionId}/{fileName}";
}

/// <summary>Messages of one topic in a recording.</summary>
public sealed record RecordedTopic
{
    /// <summary>The name; of what agents put out, without that of the agent.</summary>
    public required string Topic { get; init; }

    /// <summary>The type, as far as the endpoint tells it; else empty.</summary>
    public string Type { get; init; } = "";

    /// <summary>How payloads are encoded, as MCAP names it: <c>cdr</c>, <c>json</c>, or <c>application/octet-stream</c> for bytes of which nothing is known.</summary>
    public required string Encoding { get; init; }

    public required long Messages { get; init; }

    /// <summary>Bytes of their payloads.</summary>
    public required long Bytes { get; init; }

    /// <summary>Messages that were heard and not recorded, because more came than could be written.</summary>
    public long Missed { get; init; }

    /// <summary>When the first was received; null: none was recorded.</summary>
    public DateTimeOffset? First { get; init; }

    /// <summary>When the last was received.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>One entry for each topic of several recordings, in the order of their names.</summary>
    public static IEnumerable<RecordedTopic> SumAll(IEnumerable<RecordedTopic> topics) =>
        topics.GroupBy(topic => (topic.Topic, topic.Type, topic.Encoding)).Select(topic => topic.Aggregate(Sum)).OrderBy(topic => topic.Topic, StringComparer.Ordinal);

    private static RecordedTopic Sum(RecordedTopic one, RecordedTopic other) => one with
    {
        Messages = one.Messages + other.Messages,
        Bytes = one.Bytes + other.Bytes,
        Missed = one.Missed + other.Missed,
        First = one.First is null || other.First < one.First ? other.First ?? one.First : one.First,
        Last = one.Last is null || other.Last > one.Last ? other.Last ?? one.Last : one.Last,
    };
}

/// <summary>How it goes with the recording of what a run's agents put out, on the workers that play them now.</summary>
[GenerateSerializer, Immutable]
public sealed record RecordingStatus
{
    /// <summary>Messages that were recorded.</summary>
    [Id(0)] public long Messages { get; init; }

    /// <summary>Bytes of their payloads.</summary>
    [Id(1)] public long Bytes { get; init; }

    /// <summary>Messages that were put out and not recorded.</summary>
    [Id(2)] public long Missed { get; init; }

    /// <summary>Why not all is recorded; absent: all is.</summary>
    [Id(3)] public string? Error { get; init; }

    /// <summary>Several workers together.</summary>
    public static RecordingStatus Sum(RecordingStatus one, RecordingStatus other) => new()
    {
        Messages = one.Messages + other.Messages,
        Bytes = one.Bytes + other.Bytes,
        Missed = one.Missed + other.Missed,
        Error = one.Error ?? other.Error,
    };
}

/// <summary>Nobody listened from one time to another.</summary>
public sealed record ListeningGap(DateTimeOffset From, DateTimeOffset To, string? Reason);

/// <summary>How it goes with an endpoint that a run listens at.</summary>
[GenerateSerializer, Immutable]
public sealed record ListeningStatus
{
    /// <summary>The endpoint's address without its options.</summary>
    [Id(0)] public required string Endpoint { get; init; }

    /// <summary>Whether it is subscribed.</summary>
    [Id(1)] public bool Connected { get; init; }

    /// <summary>Since when this worker is subscribed, or first was; absent: never.</summary>
    [Id(2)] public DateTimeOffset? Since { get; init; }

    /// <summary>Messages that this worker has recorded.</summary>
    [Id(3)] public long Messages { get; init; }

    /// <summary>Bytes of their payloads.</summary>
    [Id(4)] public long Bytes { get; init; }

    /// <summary>Messages that were heard and not recorded.</summary>
    [Id(5)] public long Missed { get; init; }

    /// <summary>Connections that were made anew.</summary>
    [Id(6)] public long Reconnects { get; init; }

    /// <summary>Why it does not listen, or not to all that it should; absent: it does.</summary>
    [Id(7)] public string? Error { get; init; }
}
