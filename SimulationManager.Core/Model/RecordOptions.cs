using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>What the files of a recording hold.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordScope>))]
public enum RecordScope
{
    /// <summary>All agents that a worker plays.</summary>
    [JsonStringEnumMemberName(RecordWords.Fleet)]
    Fleet,

    /// <summary>One agent.</summary>
    [JsonStringEnumMemberName(RecordWords.Agent)]
    Agent,
}

/// <summary>The words for <see cref="RecordScope"/> on the wire.</summary>
public static class RecordWords
{
    public const string Fleet = "fleet";
    public const string Agent = "agent";
}

/// <summary>What a run records of what its own agents put out.</summary>
[GenerateSerializer, Immutable]
public sealed record RecordOptions
{
    /// <summary>Agents of a run that may have files of their own: each file is open while its agent plays.</summary>
    public const int MaxAgents = 1000;

    /// <summary>Topics and patterns of topics.</summary>
    public const int MaxTopics = 100;

    /// <summary>Characters of one of them.</summary>
    public const int MaxTopicLength = 500;

    /// <summary>What each file holds.</summary>
    [Id(0)] public RecordScope Per { get; init; }

    /// <summary>The topics as agents play them, without the agents' names; <c>*</c> stands for any text within a part, <c>**</c> for any text. Empty: all.</summary>
    [Id(1)] public IReadOnlyList<string> Topics { get; init; } = [];
}
