namespace SimulationManager.Core.Model;

/// <summary>What became of the messages of a step or group, or of one agent, at one endpoint.</summary>
[GenerateSerializer, Immutable]
public sealed record EndpointReport
{
    /// <summary>The endpoint's address without its options.</summary>
    [Id(0)] public required string Endpoint { get; init; }

    /// <summary>Messages handed over to the network, each counted once.</summary>
    [Id(1)] public long Out { get; init; }

    /// <summary>Of these, those that the endpoint has acknowledged; 0 where it does not.</summary>
    [Id(2)] public long Acknowledged { get; init; }

    /// <summary>Bytes of their payloads, as published.</summary>
    [Id(3)] public long Bytes { get; init; }

    /// <summary>Sent once more after a connection or a worker was lost, so that they may have arrived twice.</summary>
    [Id(4)] public long Resent { get; init; }

    /// <summary>Connections that were made anew.</summary>
    [Id(5)] public long Reconnects { get; init; }

    /// <summary>Messages that were not published, by reason; reasons for none are left out.</summary>
    [Id(6)] public Dictionary<string, long> Lost { get; init; } = [];

    /// <summary>Published as recorded, because their payloads could not be changed as was asked for.</summary>
    [Id(12)] public long Unchanged { get; init; }

    /// <summary>What cannot be published, or not as it was asked for, by topic.</summary>
    [Id(13)] public List<string> Warnings { get; init; } = [];

    /// <summary>Connections that ought to be there; 0 after the end.</summary>
    [Id(7)] public int Connections { get; init; }

    /// <summary>Connections that are there.</summary>
    [Id(8)] public int Connected { get; init; }

    /// <summary>Why a connection is not there, or was not at the end.</summary>
    [Id(9)] public string? Error { get; init; }

    /// <summary>Microseconds from when messages were due to when they were handed over.</summary>
    [Id(10)] public LatenessSummary? HandedOver { get; init; }

    /// <summary>Microseconds from when messages were due to when they were acknowledged.</summary>
    [Id(11)] public LatenessSummary? AcknowledgedAfter { get; init; }
}
