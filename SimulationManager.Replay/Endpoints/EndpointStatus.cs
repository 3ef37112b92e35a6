namespace SimulationManager.Replay;

/// <summary>How it goes with one endpoint of one cohort.</summary>
public sealed record EndpointStatus
{
    /// <summary>The endpoint.</summary>
    public required OutputEndpoint Endpoint { get; init; }

    /// <summary>What became of the messages of all agents.</summary>
    public required PublishCounts Counts { get; init; }

    /// <summary>Connections that ought to be there.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections that are.</summary>
    public required int Connected { get; init; }

    /// <summary>Why a connection is not there; null when all are.</summary>
    public string? Error { get; init; }

    /// <summary>What cannot be published, or not as it was asked for, by topic.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Microseconds from when messages were due to when they were handed over to the network.</summary>
    public required LatenessHistogram HandedOver { get; init; }

    /// <summary>Microseconds from when messages were due to when they were acknowledged.</summary>
    public required LatenessHistogram AcknowledgedAfter { get; init; }
}
