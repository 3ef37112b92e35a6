using System.Numerics;

namespace SimulationManager.Replay;

/// <summary>A bounded ring between one lane, which writes, and one sink, which reads: no lock, nothing allocated per message.</summary>
internal sealed class SinkRing
{
    private readonly ReplayMessage[] _messages;
    private readonly int _mask;
    private long _written;
    private long _read;

    /// <param name="capacity">Messages that it can hold; rounded up to a power of two.</param>
    public SinkRing(int capacity)
    {
        _messages = new ReplayMessage[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _messages.Length - 1;
    }

    /// <summary>Whether the lane will tell the queue of new messages at the end of its turn. For the lane alone.</summary>
    public bool IsAnnounced { get; set; }

    public bool IsEmpty => Volatile.Read(ref _read) == Volatile.Read(ref _written);

    /// <summary>Whether there is no room. For the lane alone.</summary>
    public bool IsFull => _written - Volatile.Read(ref _read) == _messages.Length;

    /// <summary>Puts a message in; it must not be full. For the lane alone.</summary>
    public void Write(in ReplayMessage message)
    {
        var written = _written;
        _messages[written & _mask] = message;
        Volatile.Write(ref _written, written + 1);
    }

    /// <summary>Moves messages into a batch and returns how many. For the sink alone.</summary>
    public int Read(Span<ReplayMessage> batch)
    {
        var read = _read;
        var count = (int)Math.Min(batch.Length, Volatile.Read(ref _written) - read);
        for (var i = 0; i < count; i++) batch[i] = _messages[(read + i) & _mask];
        Volatile.Write(ref _read, read + count);
        return count;
    }

    /// <summary>Takes one message. For the sink alone.</summary>
    public bool TryRead(out ReplayMessage message)
    {
        message = default;
        return Read(new Span<ReplayMessage>(ref message)) == 1;
    }
}
