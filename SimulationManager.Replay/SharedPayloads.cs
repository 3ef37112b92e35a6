namespace SimulationManager.Replay;

/// <summary>
/// Payloads of a timeline as they are on the wire: each is read once for all agents and sinks that send it, as long as it is among those
/// that were asked for last. For any number of threads.
/// </summary>
/// <param name="source">Reads a payload.</param>
/// <param name="sizes">Bytes of each payload, by message.</param>
/// <param name="maxBytes">Bytes that are kept at most; a payload that is greater is not kept.</param>
internal sealed class SharedPayloads(IPayloadSource source, int[] sizes, long maxBytes)
{
    /// <summary>Messages that are kept at most.</summary>
    private const int MaxSlots = 8192;

    private readonly Entry?[] _slots = new Entry?[Math.Max(1, Math.Min(sizes.Length, MaxSlots))];
    private readonly Queue<int> _kept = new();
    private long _bytes;

    /// <summary>A message's payload; not to be written to.</summary>
    /// <param name="message">Index in the timeline.</param>
    /// <param name="cancellationToken">Ends the waiting for a payload that is not on this machine yet.</param>
    /// <exception cref="Rosbag2.BagFormatException">The bag is damaged there.</exception>
    public ValueTask<byte[]> ReadAsync(int message, CancellationToken cancellationToken)
    {
        var entry = Volatile.Read(ref _slots[message % _slots.Length]);
        return entry?.Message == message ? ValueTask.FromResult(entry.Payload) : ReadAnewAsync(message, cancellationToken);
    }

    private async ValueTask<byte[]> ReadAnewAsync(int message, CancellationToken cancellationToken)
    {
        var payload = new byte[sizes[message]];
        var length = await source.ReadAsync(message, payload, cancellationToken);
        if (length != payload.Length) Array.Resize(ref payload, length);
        Keep(new Entry(message, payload));
        return payload;
    }

    private void Keep(Entry entry)
    {
        if (entry.Payload.Length > maxBytes) return;
        lock (_kept)
        {
            var slot = entry.Message % _slots.Length;
            _bytes += entry.Payload.Length - (_slots[slot]?.Payload.Length ?? 0);
            if (_slots[slot] is null) _kept.Enqueue(slot);
            Volatile.Write(ref _slots[slot], entry);
            while (_bytes > maxBytes) Drop(_kept.Dequeue());
        }
    }

    private void Drop(int slot)
    {
        _bytes -= _slots[slot]!.Payload.Length;
        Volatile.Write(ref _slots[slot], null);
    }

    private sealed record Entry(int Message, byte[] Payload);
}
