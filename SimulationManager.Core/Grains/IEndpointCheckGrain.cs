namespace SimulationManager.Core.Grains;

/// <summary>Tries endpoints from a worker, whichever that is; its key means nothing.</summary>
public interface IEndpointCheckGrain : IGrainWithIntegerKey
{
    /// <summary>Connects to each endpoint and publishes one marked message, within 10 seconds.</summary>
    /// <param name="endpoints">Valid addresses, separated by blanks.</param>
    Task<EndpointCheck[]> Check(string endpoints);
}

/// <summary>What was found at an endpoint.</summary>
[GenerateSerializer, Immutable]
public sealed record EndpointCheck
{
    /// <summary>The address without its options.</summary>
    [Id(0)] public required string Endpoint { get; init; }

    /// <summary>Why it cannot be published to, and what can be done; absent when it can.</summary>
    [Id(1)] public string? Error { get; init; }

    /// <summary>The worker that tried.</summary>
    [Id(2)] public required string Silo { get; init; }

    /// <summary>Where the marked message was published.</summary>
    [Id(3)] public string? Topic { get; init; }

    /// <summary>Milliseconds until the connection was there.</summary>
    [Id(4)] public double? ConnectMilliseconds { get; init; }

    /// <summary>Milliseconds from then until the message was acknowledged or, over rosbridge, came back to who subscribes to its topic.</summary>
    [Id(5)] public double? PublishMilliseconds { get; init; }

    /// <summary>The largest packet that the broker takes, bytes; absent: it names no limit. A rosbridge server names none of these.</summary>
    [Id(6)] public long? MaximumPacketSize { get; init; }

    /// <summary>How many messages it takes before it has acknowledged them.</summary>
    [Id(7)] public int? ReceiveMaximum { get; init; }

    /// <summary>How many topics can be named by a number.</summary>
    [Id(8)] public int? TopicAliasMaximum { get; init; }

    /// <summary>The highest quality of service that it grants.</summary>
    [Id(9)] public int? MaximumQos { get; init; }

    /// <summary>Whether it keeps retained messages.</summary>
    [Id(10)] public bool? RetainAvailable { get; init; }

    /// <summary>Of a DDS domain: the library that the worker has, and its version.</summary>
    [Id(11)] public string? Library { get; init; }

    /// <summary>Of a DDS domain: participants that are in it besides, as far as they answered within two seconds.</summary>
    [Id(12)] public int? Participants { get; init; }
}
