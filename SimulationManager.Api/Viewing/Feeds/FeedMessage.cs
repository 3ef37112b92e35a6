using System.Buffers;
using System.Collections.Concurrent;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>A message of an agent, for any number of viewers: what one of them had to make of it is there for the others.</summary>
public sealed class FeedMessage(WatchedMessage message, FeedTopic topic, string name)
{
    private ConcurrentDictionary<object, Lazy<byte[]?>>? _forms;

    /// <summary>The full name of the topic.</summary>
    public string Name { get; } = name;

    /// <summary>The topic.</summary>
    public FeedTopic Topic { get; } = topic;

    /// <summary>The number of the agent; 0: it is about all agents.</summary>
    public long Agent => message.Agent;

    /// <summary>When it was due or, of a recording that is watched, recorded: nanoseconds since 1970.</summary>
    public long DueAt => message.DueAt;

    /// <summary>CDR, as agents publish it; not to be written to.</summary>
    public byte[] Payload => message.Payload;

    /// <summary>The message in some form.</summary>
    /// <param name="form">The form, by which it is found again.</param>
    /// <param name="write">Brings it into that form.</param>
    /// <returns>The bytes, which others read as well; null: it has no such form.</returns>
    public byte[]? As(object form, Func<FeedMessage, IBufferWriter<byte>, bool> write) => LazyInitializer.EnsureInitialized(ref _forms).GetOrAdd(form, _ => new Lazy<byte[]?>(() =>
    {
        var output = new ArrayBufferWriter<byte>();
        return write(this, output) ? output.WrittenSpan.ToArray() : null;
    })).Value;
}
