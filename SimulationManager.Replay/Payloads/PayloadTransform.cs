using SimulationManager.RosMessages;

namespace SimulationManager.Replay;

/// <summary>
/// Changes the payloads of a topic: stamps, names of frames and positions, as <see cref="PayloadOptions"/> say. Made once per topic of a recording,
/// used by all agents and threads. Applying it neither allocates nor throws.
/// </summary>
public sealed class PayloadTransform
{
    private readonly PayloadRewriter? _rewriter;
    private readonly StampMode _stamps;
    private readonly bool _renames;
    private readonly bool _moves;

    /// <summary>Works out what can be changed.</summary>
    /// <param name="type">The type of the topic's messages; null when nobody knows it.</param>
    /// <param name="options">What is to be changed.</param>
    public PayloadTransform(RecordedType? type, PayloadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.ChangesAnything) return;
        if (type?.Schema is not { } schema)
        {
            Problem = type?.Problem ?? "its type is not known";
            return;
        }

        try
        {
            _rewriter = new PayloadRewriter(schema, options.PoseOffset is null ? null : options.GlobalFrames);
        }
        catch (RosMessageException exception)
        {
            Problem = $"{type.Name} cannot be serialized: {exception.Message}";
            return;
        }
        _stamps = _rewriter.HasStamps ? options.Stamps : StampMode.Recorded;
        _renames = _rewriter.HasFrames && options.Identity is not null;
        _moves = _rewriter.HasPositions;
    }

    /// <summary>Whether messages of the topic can be changed. Those of other topics are sent as recorded, without a copy.</summary>
    public bool ChangesAnything => _stamps != StampMode.Recorded || _renames || _moves;

    /// <summary>
    /// Why nothing can be changed although it ought to be, as a clause that names the type; null when there is no such reason. A type that holds no stamps, frames
    /// or positions is none.
    /// </summary>
    public string? Problem { get; }

    /// <summary>Copies a payload as an agent sends it.</summary>
    /// <param name="recorded">The payload as recorded.</param>
    /// <param name="agent">What depends on the agent (<see cref="AgentChanges"/>, of the same options).</param>
    /// <param name="dueAtNs">When the message is due by the wall clock, nanoseconds since 1970.</param>
    /// <param name="bagTimeNs">Its recorded time (<see cref="ReplayMessage.BagTime"/>).</param>
    /// <param name="destination">Takes the new payload; must not overlap the old one.</param>
    /// <param name="written">Length of the new payload; 0 unless it is done.</param>
    /// <returns>
    /// <see cref="RewriteStatus.DestinationTooSmall"/>: call again with twice the room; more than <see cref="AgentChange.LongestPayload"/> is never needed.
    /// <see cref="RewriteStatus.PayloadUnsuitable"/> and <see cref="RewriteStatus.StampOutOfRange"/>: this message cannot be changed; send it as recorded and count it.
    /// </returns>
    public RewriteStatus Apply(ReadOnlySpan<byte> recorded, AgentChange agent, long dueAtNs, long bagTimeNs, Span<byte> destination, out int written)
    {
        if (_rewriter is null)
        {
            var fits = recorded.TryCopyTo(destination);
            written = fits ? recorded.Length : 0;
            return fits ? RewriteStatus.Done : RewriteStatus.DestinationTooSmall;
        }
        var stamps = _stamps switch
        {
            StampMode.Now => StampChange.To(dueAtNs),
            StampMode.Offset => StampChange.By(SaturatedDifference(dueAtNs, bagTimeNs)),
            _ => default,
        };
        return _rewriter.Rewrite(recorded, new PayloadChange(stamps, _renames ? agent.Frames : null, _moves ? agent.Offset : default), destination, out written);
    }

    /// <summary>Bag times may be any 64-bit number; a difference that is cut leads out of what a stamp can hold, as the whole one would.</summary>
    private static long SaturatedDifference(long time, long other) => (long)Int128.Clamp((Int128)time - other, long.MinValue, long.MaxValue);
}
