namespace SimulationManager.Core.Model;

/// <summary>What a run subscribes to and records.</summary>
[GenerateSerializer, Immutable]
public sealed record ListenOptions
{
    /// <summary>Endpoints that one run listens at.</summary>
    public const int MaxEndpoints = 8;

    /// <summary>Topics of one endpoint.</summary>
    public const int MaxTopics = 100;

    /// <summary>Characters of a topic.</summary>
    public const int MaxTopicLength = 500;

    /// <summary>The address; null: those of the site that the simulation names.</summary>
    [Id(0)] public string? Endpoint { get; init; }

    /// <summary>The topics, as the endpoint's protocol writes subscriptions.</summary>
    [Id(1)] public required IReadOnlyList<string> Topics { get; init; }
}
