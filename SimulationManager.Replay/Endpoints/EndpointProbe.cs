namespace SimulationManager.Replay;

/// <summary>What was found when an endpoint was tried.</summary>
public sealed record EndpointProbe
{
    /// <summary>The last part of the marked message's topic.</summary>
    internal const string TopicName = "_check";

    /// <summary>What the marked message says.</summary>
    internal const string Text = "This is a check of the endpoint by SimulationManager.";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Why it cannot be published to, and what can be done; null when it can.</summary>
    public string? Error { get; init; }

    /// <summary>Where the marked message was published.</summary>
    public string? Topic { get; init; }

    /// <summary>Time until the connection was there.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>Time from then until the message was acknowledged, or came back.</summary>
    public TimeSpan? Publish { get; init; }

    /// <summary>The largest packet that the broker takes, bytes; null: it names no limit.</summary>
    public long? MaximumPacketSize { get; init; }

    /// <summary>How many messages it takes before it has acknowledged them.</summary>
    public int? ReceiveMaximum { get; init; }

    /// <summary>How many topics can be named by a number.</summary>
    public int? TopicAliasMaximum { get; init; }

    /// <summary>The highest quality of service that it grants.</summary>
    public int? MaximumQualityOfService { get; init; }

    /// <summary>Whether it keeps retained messages.</summary>
    public bool? RetainAvailable { get; init; }

    /// <summary>Of a <c>dds</c> address: the library that is used, and its version.</summary>
    public string? Library { get; init; }

    /// <summary>Of a <c>dds</c> address: participants that are in the domain besides, as far as they answered within two seconds.</summary>
    public int? Participants { get; init; }

    /// <summary>
    /// Connects, publishes one message that says that it is a check, to <c>prefix/_check</c> (DDS: <c>/_check</c>), and disconnects; within 10 seconds. Over rosbridge, where nobody
    /// acknowledges anything, it subscribes to that topic as well, and waits until the message comes back.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="credentials">The credentials that it may refer to.</param>
    public static async Task<EndpointProbe> RunAsync(OutputEndpoint endpoint, IReadOnlyDictionary<string, SinkCredentials> credentials)
    {
        using var giveUp = new CancellationTokenSource(Limit);
        return await endpoint.Options.ProbeAsync(endpoint, credentials, giveUp.Token);
    }
}
