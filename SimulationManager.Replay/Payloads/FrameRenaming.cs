using System.Buffers;
using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>
/// Names coordinate frames in payloads of a topic after agents, as <see cref="PayloadOptions.Identity"/> does, for those who get payloads as they were recorded. Immutable; for
/// any number of threads.
/// </summary>
public sealed class FrameRenaming
{
    /// <summary>What is changed: frames alone. Agents have names already, which are no patterns.</summary>
    private static readonly PayloadOptions s_options = new() { Identity = AgentPattern.Parse("{n}") };

    private static readonly AgentChanges s_changes = new(s_options);

    private readonly PublishedTopic _topic;

    /// <summary>Works out what can be changed.</summary>
    /// <param name="schema">The definition of the topic's messages; null when nobody has it: nothing can be changed then.</param>
    public FrameRenaming(MessageSchema? schema) => _topic = new PublishedTopic(schema?.Root.Name ?? "", schema is null ? null : new RecordedType(schema), isLatched: false, PayloadFormat.Cdr, JsonForm.Exact, s_options);

    /// <summary>Whether messages of the topic have frames.</summary>
    public bool ChangesAnything => !_topic.IsUnchanged;

    /// <summary>What an agent changes, which is worth keeping.</summary>
    /// <param name="agent">Its name.</param>
    public static AgentChange For(string agent) => s_changes.Of(agent);

    /// <summary>A payload with the agent's frames.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="agent">What the agent changes (<see cref="For"/>).</param>
    /// <returns>The new payload; a copy of the old one if it is damaged.</returns>
    public byte[] Rename(ReadOnlySpan<byte> payload, AgentChange agent)
    {
        var renamed = new ArrayBufferWriter<byte>(Math.Max(1, payload.Length));
        _topic.Write(payload, agent, dueAtNs: 0, bagTimeNs: 0, renamed, renamed);
        return renamed.WrittenSpan.ToArray();
    }
}
