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
/// <param name="IsAgain">True for a message that may have been put out before, by a worker that was lost.</param>
public readonly record struct ReplayMessage(
    long Agent, ReplayTimeline Timeline, int Index, int Repeat, long DueAt, long SentAt, long BagTime, bool IsLatched = false, bool IsAgain = false)
{
    /// <summary>The index of ticks of the clock, which are in no bag.</summary>
    public const int ClockIndex = -1;

    /// <summary>True for a tick of the clock (<see cref="ClockMessage"/>), which counts as no message of the bag.</summary>
    public bool IsClock => Index == ClockIndex;

    /// <summary>The name that the topic is played under.</summary>
    public string Topic => IsClock ? ClockMessage.Topic : Timeline.Topics[Timeline.TopicOf(Index)];

    /// <summary>Bytes of the payload.</summary>
    public int Size => IsClock ? ClockMessage.Size : Timeline.SizeOf(Index);

    /// <summary>The payload, once it is on this machine: that of a message as it was recorded.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The bytes, which others read as well: they are not to be written to.</returns>
    /// <exception cref="InvalidOperationException">The timeline has no payloads.</exception>
    /// <exception cref="Rosbag2.BagFormatException">The bag is damaged there.</exception>
    public ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken) =>
        IsClock ? ValueTask.FromResult(ClockMessage.Write(BagTime)) : Timeline.ReadPayloadAsync(Index, cancellationToken);
}

/// <summary>
/// Takes what agents put out: a viewer, a network. The engine never waits for it: messages go through a bounded queue, and
/// what does not fit is counted as missed by this sink alone.
/// </summary>
public interface IReplaySink
{
    /// <summary>
    /// Takes messages, those of each agent in order, and may take its time, but must not block the thread, which is other sinks' as well. Batches come one at a
    /// time. A sink that throws gets no more.
    /// </summary>
    /// <param name="messages">At least one message; not to be kept after the return.</param>
    /// <param name="cancellationToken">Is cancelled when the queue is disposed.</param>
    ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken);

    /// <summary>Whether the sink takes a message at all, on the thread that drives the agent: it must not wait. One that it does not take is in no count.</summary>
    /// <param name="message">The message.</param>
    bool Takes(in ReplayMessage message) => true;

    /// <summary>Is told of a message before it gets into the queue, on the thread that drives the agent: it must not wait.</summary>
    /// <param name="message">The message.</param>
    void OnOffered(in ReplayMessage message)
    {
    }

    /// <summary>Is told of a message that did not fit into the queue, on the thread that drives the agent: it must not wait.</summary>
    /// <param name="message">The message.</param>
    void OnMissed(in ReplayMessage message)
    {
    }

    /// <summary>Is told of a message that was still in the queue when that was disposed.</summary>
    /// <param name="message">The message.</param>
    void OnDiscarded(in ReplayMessage message)
    {
    }

    /// <summary>Is told that an agent is to be cut off, on the thread that drives the agent: it must not wait. The agent puts out nothing meanwhile.</summary>
    /// <param name="agent">The agent's number.</param>
    /// <param name="until">When that is over, in nanoseconds of the engine's clock; a time that has passed ends it at once.</param>
    void OnDisconnect(long agent, long until)
    {
    }
}
