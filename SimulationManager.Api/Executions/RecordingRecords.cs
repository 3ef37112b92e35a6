using System.ComponentModel;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>What a run has recorded.</summary>
public sealed record RecordingList
{
    [Description("The files, in the order in which they were begun; each is a complete MCAP file of one endpoint, or of what agents put out.")]
    public required IReadOnlyList<RecordingView> Recordings { get; init; }

    [Description("What those of endpoints hold together, by endpoint and topic.")]
    public required IReadOnlyList<ListeningReport> Listening { get; init; }

    [Description("What those of agents hold together, by topic; absent: nothing is stored.")]
    public RecordedReport? Recorded { get; init; }
}

/// <summary>One file of a run's recordings.</summary>
public sealed record RecordingView
{
    public required string FileName { get; init; }

    [Description("`heard` of the system under test, or `published` by the run's own agents.")]
    public required string Kind { get; init; }

    [Description("The endpoint's address without its options; empty for what agents put out.")]
    public required string Endpoint { get; init; }

    [Description("The agent that has the file for itself; absent: none has.")]
    public long? Agent { get; init; }

    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }

    [Description("Bytes of the file.")]
    public required long Size { get; init; }

    public required long Messages { get; init; }
}

/// <summary>What a run has recorded of what its agents put out, as far as it is stored.</summary>
public sealed record RecordedReport
{
    public required long Messages { get; init; }

    [Description("Bytes of their payloads.")]
    public required long Bytes { get; init; }

    [Description("Messages that were put out and not recorded: more came than could be written, or of more topics or agents, or after the run's share of storage was used up.")]
    public required long Missed { get; init; }

    [Description("By the topics' names without those of agents.")]
    public required IReadOnlyList<RecordedTopic> Topics { get; init; }

    [Description("When a worker that was lost had put out what it had not stored yet; told once the run has ended.")]
    public required IReadOnlyList<ListeningGap> Gaps { get; init; }

    [Description("What was wrong in the end; absent: nothing.")]
    public string? Error { get; init; }
}

/// <summary>What a run has heard at one endpoint, as far as it is stored.</summary>
public sealed record ListeningReport
{
    [Description("The endpoint's address without its options.")]
    public required string Endpoint { get; init; }

    public required long Messages { get; init; }

    [Description("Bytes of their payloads.")]
    public required long Bytes { get; init; }

    [Description("Messages that were heard and not recorded: more came than could be written, or of more topics, or after the run's share of storage was used up.")]
    public required long Missed { get; init; }

    public required IReadOnlyList<RecordedTopic> Topics { get; init; }

    [Description("When it was not listened: the connection was away, or the worker was lost with what it had not stored yet.")]
    public required IReadOnlyList<ListeningGap> Gaps { get; init; }

    [Description("What was wrong in the end; absent: nothing.")]
    public string? Error { get; init; }
}
