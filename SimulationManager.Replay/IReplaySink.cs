namespace SimulationManager.Replay;

/// <summary>One message that an agent has put out.</summary>
/// <param name="Agent">The agent's number within its cohort.</param>
/// <param name="Timeline">The bag's timeline, which also reads the payload.</param>
/// <param name="Index">The message's index in the timeline; <see cref="ClockIndex"/> for a tick of the clock.</param>
/// <param name="Repeat">Which pass of the bag it belongs to, from 0.</param>
/// <param name="DueAt">When it was due, in nanoseconds of the engine's clock.</param>
/// <param name="SentAt">When it went out, in nanoseconds of the engine's clock.</param>
/// <param name="BagTime">The recorded time, nanoseconds since 1970; of a tick, the time that it tells.</param>
/// <param name="IsLatched">
/// True for a message of the past that is shown because its publisher keeps it (<see cref="LatchedTopic"/>). Like a tick it counts as no message of the pass.
/// </param>
public readonly record struct ReplayMessage(
    long Agent, ReplayTimeline Timeline, int Index, int Repeat, long DueAt, long SentAt, long BagTime, bool IsLatched = false)
{
    /// <summary>The index of ticks of the clock, which are in no bag.</summary>
    public const int ClockIndex = -1;

    /// <summary>True for a tick of the clock (<see cref="ClockMessage"/>), which counts as no message of the bag.</summary>
    public bool IsClock => Index == ClockIndex;

    /// <summary>The name that the topic is played under.</summary>
    public string Topic => IsClock ? ClockMessage.Topic : Timeline.Topics[Timeline.TopicOf(Index)];

    /// <summary>Bytes of the payload.</summary>
    public int Size => IsClock ? ClockMessage.Size : Timeline.SizeOf(Index);

    /// <summary>Copies the payload into <paramref name="buffer"/>, waiting until it is on this machine, and returns its length.</summary>
    /// <param name="buffer">At least <see cref="Size"/> bytes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The timeline has no payloads.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => IsClock
        ? ValueTask.FromResult(ClockMessage.Write(BagTime, buffer.Span))
        : (Timeline.Payloads ?? throw new InvalidOperationException("This timeline has no payloads.")).ReadAsync(Index, buffer, cancellationToken);
}

/// <summary>
/// Takes what agents put out: a viewer, a network. The engine never waits for it: messages go through a bounded queue, and
/// what does not fit is counted as missed by this sink alone.
/// </summary>
public interface IReplaySink
{
    /// <summary>Takes one message, and may take its time. Messages come one at a time. A sink that throws gets no more.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Is cancelled when the queue is disposed.</param>
    ValueTask AcceptAsync(ReplayMessage message, CancellationToken cancellationToken);
}
