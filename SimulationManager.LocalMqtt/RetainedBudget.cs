namespace SimulationManager.LocalMqtt;

/// <summary>How many bytes the retained messages have together.</summary>
/// <param name="limit">Most bytes of topics (as UTF-16) and payloads.</param>
internal sealed class RetainedBudget(long limit)
{
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _total;

    /// <summary>Whether there is room for a topic's new message; an empty one, which removes the last, always has it.</summary>
    public bool TrySet(string topic, long payloadBytes)
    {
        lock (_lock)
        {
            var size = payloadBytes == 0 ? 0 : payloadBytes + 2L * topic.Length;
            var total = _total - _sizes.GetValueOrDefault(topic) + size;
            if (size > 0 && total > limit) return false;
            _total = total;
            if (size == 0) _sizes.Remove(topic);
            else _sizes[topic] = size;
            return true;
        }
    }
}
