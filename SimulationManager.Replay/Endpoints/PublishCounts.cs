namespace SimulationManager.Replay;

/// <summary>Why a message that an agent put out was not published, or not known to be. Checkpoints are stored with these numbers.</summary>
public enum LossReason
{
    /// <summary>The queue was full: the endpoint takes less than the agents put out.</summary>
    Backlog,

    /// <summary>The endpoint was away.</summary>
    Disconnected,

    /// <summary>It is greater than the endpoint takes.</summary>
    TooLarge,

    /// <summary>Its topic's name cannot be used there.</summary>
    Topic,

    /// <summary>Its payload could not be read, or not be brought into the form that was asked for.</summary>
    Payload,

    /// <summary>The endpoint refused it.</summary>
    Refused,

    /// <summary>It was sent and not acknowledged before the end: it may have arrived.</summary>
    Unacknowledged,

    /// <summary>It was still waiting when the run ended.</summary>
    Ended,
}

/// <summary>What became of messages at one endpoint. Every message that agents put out is in <see cref="Out"/>, in <see cref="Lost"/> or still waiting.</summary>
public sealed record PublishCounts
{
    /// <summary>How many <see cref="LossReason"/>s there are.</summary>
    internal static readonly int Reasons = Enum.GetValues<LossReason>().Length;

    /// <summary>Nothing yet.</summary>
    public static PublishCounts Zero { get; } = new();

    /// <summary>Handed over to the network.</summary>
    public long Out { get; init; }

    /// <summary>Of these, those that the endpoint has acknowledged; always 0 where it does not, as with quality of service 0.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Bytes of their payloads, as published.</summary>
    public long Bytes { get; init; }

    /// <summary>Sent once more after a connection or a worker was lost, so that they may have arrived twice.</summary>
    public long Resent { get; init; }

    /// <summary>Connections that were made anew.</summary>
    public long Reconnects { get; init; }

    /// <summary>Published as recorded, because their payloads could not be changed as was asked for.</summary>
    public long Unchanged { get; init; }

    /// <summary>Messages that were not published, by <see cref="LossReason"/>. Those that are <see cref="LossReason.Unacknowledged"/> are in <see cref="Out"/> as well.</summary>
    public IReadOnlyList<long> Lost { get; init; } = new long[Reasons];

    /// <summary>All losses together.</summary>
    public long LostTotal => Lost.Sum();

    /// <summary>The numbers in a fixed order, which may grow at its end.</summary>
    public long[] ToArray() => [Out, Acknowledged, Bytes, Resent, Reconnects, Unchanged, .. Lost];

    /// <summary>Counts of numbers as <see cref="ToArray"/> has them; those that are missing are 0.</summary>
    public static PublishCounts FromArray(ReadOnlySpan<long> numbers)
    {
        var all = new long[6 + Reasons];
        numbers[..Math.Min(numbers.Length, all.Length)].CopyTo(all);
        return new PublishCounts { Out = all[0], Acknowledged = all[1], Bytes = all[2], Resent = all[3], Reconnects = all[4], Unchanged = all[5], Lost = all[6..] };
    }

    /// <summary>The sums.</summary>
    public static PublishCounts Sum(IEnumerable<PublishCounts> counts)
    {
        var all = new long[6 + Reasons];
        foreach (var one in counts)
        {
            all[0] += one.Out;
            all[1] += one.Acknowledged;
            all[2] += one.Bytes;
            all[3] += one.Resent;
            all[4] += one.Reconnects;
            all[5] += one.Unchanged;
            for (var reason = 0; reason < Reasons; reason++) all[6 + reason] += one.Lost[reason];
        }
        return FromArray(all);
    }

    /// <summary>The sums.</summary>
    public static PublishCounts operator +(PublishCounts one, PublishCounts other) => Sum([one, other]);
}
