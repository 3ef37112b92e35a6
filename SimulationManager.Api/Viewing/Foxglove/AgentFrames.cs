using System.Buffers;
using System.Runtime.CompilerServices;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Replay;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>
/// Names of coordinate frames that begin with those of agents, as <c>output.identity</c> makes them for everybody, for viewers that ask for them. For any number of threads.
/// </summary>
internal sealed class AgentFrames
{
    /// <summary>The form of a message, which viewers share.</summary>
    private static readonly object s_form = new();

    /// <summary>By topic, as long as somebody has that.</summary>
    private static readonly ConditionalWeakTable<FeedTopic, FrameRenaming> s_topics = [];

    private readonly ConditionalWeakTable<FeedAgent, AgentChange> _changes = [];

    /// <summary>The payload of a message as its agent would publish it under its name.</summary>
    /// <param name="message">The message.</param>
    /// <param name="agent">Its agent; null: it is not of one, or of one that has gone.</param>
    /// <returns>The bytes, which others read as well; as they were when they cannot be changed, need not be, or are already.</returns>
    public byte[] Of(FeedMessage message, FeedAgent? agent)
    {
        if (agent is null || agent.NamesFrames) return message.Payload;
        var renaming = s_topics.GetValue(message.Topic, topic => new FrameRenaming(topic.Codec?.Schema));
        if (!renaming.ChangesAnything) return message.Payload;
        var change = _changes.GetValue(agent, named => FrameRenaming.For(named.Name));
        return message.As(s_form, (same, output) =>
        {
            output.Write(renaming.Rename(same.Payload, change));
            return true;
        })!;
    }
}
