using Microsoft.Extensions.Logging;

namespace SimulationManager.Replay;

/// <summary>Subscribes to topics of the system under test and puts what it hears into <see cref="ListenPlan.Heard"/>. Connects by itself, again and again.</summary>
public interface ITopicListener : IAsyncDisposable
{
    /// <summary>How it goes.</summary>
    ListenerStatus Status { get; }

    /// <summary>
    /// The times during which it was not subscribed, since it was last asked, from when it first was; one that goes on is cut at
    /// <paramref name="now"/> and goes on from there.
    /// </summary>
    IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now);
}

/// <summary>What a listener needs.</summary>
public sealed record ListenPlan
{
    /// <summary>The topics, as <see cref="OutputEndpoint.ProblemOfSubscription"/> takes them.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>Takes what is heard. The listener completes it when it is disposed.</summary>
    public required HeardMessages Heard { get; init; }

    /// <summary>Who listens: nobody else has this name.</summary>
    public required string Process { get; init; }

    /// <summary>The simulation's number, for credentials.</summary>
    public required string Simulation { get; init; }

    /// <summary>The credentials that the endpoint may refer to.</summary>
    public required IReadOnlyDictionary<string, SinkCredentials> Credentials { get; init; }

    /// <summary>Time.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Logs what fails.</summary>
    public required ILogger Logger { get; init; }
}

/// <summary>How it goes with a listener.</summary>
/// <param name="IsSubscribed">Whether it hears its topics now.</param>
/// <param name="Since">When it was first subscribed; null: never.</param>
/// <param name="Reconnects">Connections that were made anew.</param>
/// <param name="Error">Why it is not subscribed, or not to all; null: it is.</param>
public sealed record ListenerStatus(bool IsSubscribed, DateTimeOffset? Since, long Reconnects, string? Error);

/// <summary>A listener was not subscribed.</summary>
/// <param name="From">From then.</param>
/// <param name="To">Until then.</param>
/// <param name="Reason">Why.</param>
public sealed record ListenerGap(DateTimeOffset From, DateTimeOffset To, string? Reason);
