using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>What a client asks for with one <c>subscribe</c>.</summary>
/// <param name="Compression">How messages are brought to it.</param>
/// <param name="Throttle">The shortest time between two messages.</param>
/// <param name="QueueLength">Messages of the time between that are kept, the newest; 0: none.</param>
/// <param name="FragmentSize">Characters after which a message is cut; 0: never.</param>
internal sealed record SubscribeOptions(RosbridgeCompression Compression, TimeSpan Throttle, int QueueLength, int FragmentSize)
{
    /// <summary>What a topic gets that was subscribed to more than once: what all of them can live with, as rosbridge_suite has it.</summary>
    public static SubscribeOptions Merge(SubscribeOptions one, SubscribeOptions other) => new(
        (RosbridgeCompression)Math.Max((int)one.Compression, (int)other.Compression),
        one.Throttle < other.Throttle ? one.Throttle : other.Throttle,
        Math.Min(one.QueueLength, other.QueueLength),
        one.FragmentSize == 0 || other.FragmentSize == 0 ? Math.Max(one.FragmentSize, other.FragmentSize) : Math.Min(one.FragmentSize, other.FragmentSize));
}

/// <summary>How messages are brought to a client.</summary>
internal enum RosbridgeCompression
{
    /// <summary>JSON text.</summary>
    None,

    /// <summary>JSON text as the pixels of a PNG picture, in base64.</summary>
    Png,

    /// <summary>CBOR.</summary>
    Cbor,

    /// <summary>CBOR with the message as CDR in it.</summary>
    CborRaw,
}

/// <summary>A topic that a client subscribes to, by one request or more.</summary>
internal sealed class RosbridgeSubscription(string name, Action<QueuedSubscription> onReady, TimeProvider time) : QueuedSubscription(name, onReady, time)
{
    private readonly Dictionary<string, SubscribeOptions> _requests = [];

    /// <summary>What it was asked to do, all requests together.</summary>
    public SubscribeOptions Options { get; private set; } = new(RosbridgeCompression.None, default, 0, 0);

    /// <summary>Whether nobody asks for it any more.</summary>
    public bool IsUnwanted => _requests.Count == 0;

    /// <summary>Takes a request in, instead of an earlier one of the same id.</summary>
    public void Request(string id, SubscribeOptions options)
    {
        _requests[id] = options;
        Follow();
    }

    /// <summary>Takes requests back.</summary>
    /// <param name="id">Which one; null: all of them.</param>
    public void Withdraw(string? id)
    {
        if (id is null) _requests.Clear();
        else _requests.Remove(id);
        if (_requests.Count > 0) Follow();
    }

    private void Follow()
    {
        Options = _requests.Values.Aggregate(SubscribeOptions.Merge);
        Limit(Options.Throttle, Options.QueueLength);
    }
}
