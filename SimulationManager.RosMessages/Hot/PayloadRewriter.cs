using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>
/// Copies payloads of a type with other stamps, names of coordinate frames and positions, in one pass, without decoding them and without
/// allocating. Stamps are all fields <c>stamp</c> of type <c>builtin_interfaces/Time</c> (so those of every <c>std_msgs/Header</c>) and that of
/// <c>rosgraph_msgs/Clock</c>; frames all strings <c>frame_id</c> or <c>…_frame_id</c>; positions those of stamped poses, points and transforms
/// and of odometry: in nested messages and in arrays of them, too. Immutable; shared freely between threads.
/// </summary>
public sealed class PayloadRewriter
{
    private readonly Plan _version1;
    private readonly Plan _version2;
    private readonly byte[][] _globalFrames;
    private readonly WideStringForm _wideStrings;

    /// <summary>Works out where stamps, frames and positions lie.</summary>
    /// <param name="schema">The message type.</param>
    /// <param name="globalFrames">
    /// Names, as recorded, of the frames that do not move with the robot. Positions in these can be changed, but not transforms between two of
    /// them. None if null: no positions are looked for.
    /// </param>
    /// <param name="wideStrings">How payloads hold <c>wstring</c>s.</param>
    /// <exception cref="RosMessageException">The type has no serialized form, or too many fields.</exception>
    public PayloadRewriter(MessageSchema schema, IEnumerable<string>? globalFrames = null, WideStringForm wideStrings = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var layout = MessageLayout.Of(schema);
        _globalFrames = [.. (globalFrames ?? []).Select(Encoding.UTF8.GetBytes)];
        _version1 = new Plan(LayoutProgram.Of(layout, maxAlignment: 8, _globalFrames.Length > 0));
        _version2 = new Plan(LayoutProgram.Of(layout, maxAlignment: 4, _globalFrames.Length > 0));
        _wideStrings = wideStrings;
    }

    /// <summary>Whether messages of the type can hold stamps.</summary>
    public bool HasStamps => _version1.Has(PayloadPlaces.Stamps);

    /// <summary>Whether messages of the type can hold names of frames.</summary>
    public bool HasFrames => _version1.Has(PayloadPlaces.Frames);

    /// <summary>Whether messages of the type can hold positions in global frames.</summary>
    public bool HasPositions => _version1.Has(PayloadPlaces.Positions);

    /// <summary>
    /// Copies a payload with changes. What follows a name of another length is aligned anew. The payload is looked at as far as the last
    /// place that can change, or as far as it has to be aligned anew; damage behind that is copied.
    /// </summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="change">What becomes of it.</param>
    /// <param name="destination">Takes the new payload; must not overlap the old one.</param>
    /// <param name="written">Length of the new payload; 0 unless it is done.</param>
    public RewriteStatus Rewrite(ReadOnlySpan<byte> payload, in PayloadChange change, Span<byte> destination, out int written)
    {
        written = 0;
        if (!CdrForm.TryReadRepresentation(payload, out var representation))
            return RewriteStatus.PayloadUnsuitable;
        var plan = representation >= CdrRepresentation.Cdr2BigEndian ? _version2 : _version1;
        var places = change.Places;
        if (places == PayloadPlaces.Stamps && plan.OnlyStamp > 0)
            return Restamp(payload, plan.OnlyStamp, change.Stamps, representation, destination, out written);
        var copy = new PayloadCopy(payload, representation, destination, change, _globalFrames, _wideStrings);
        return copy.Run(plan.Steps, plan.EndOf(places), out written);
    }

    private static RewriteStatus Restamp(
        ReadOnlySpan<byte> payload, int stamp, StampChange change, CdrRepresentation representation, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length < stamp + LayoutStep.StampBytes)
            return RewriteStatus.PayloadUnsuitable;
        if (!payload.TryCopyTo(destination))
            return RewriteStatus.DestinationTooSmall;
        var swaps = ((int)representation & 1) == 0 == BitConverter.IsLittleEndian;
        if (!change.TryApply(destination.Slice(stamp, LayoutStep.StampBytes), swaps))
            return RewriteStatus.StampOutOfRange;
        written = payload.Length;
        return RewriteStatus.Done;
    }

    private sealed class Plan
    {
        private readonly int[] _ends = new int[(int)(PayloadPlaces.Stamps | PayloadPlaces.Frames | PayloadPlaces.Positions) + 1];

        public Plan(LayoutStep[] steps)
        {
            Steps = steps;
            for (var places = 0; places < _ends.Length; places++)
                _ends[places] = Array.FindLastIndex(steps, step => (step.Places & (PayloadPlaces)places) != 0) + 1;
            var end = EndOf(PayloadPlaces.Stamps);
            if (steps.Count(step => (step.Places & PayloadPlaces.Stamps) != 0) == 1 && LayoutWalk.FixedEnd(steps.AsSpan(0, end)) is > 0 and var position)
                OnlyStamp = position - LayoutStep.StampBytes;
        }

        public LayoutStep[] Steps { get; }

        /// <summary>Where the only stamp of every payload lies, as in all messages that begin with a header; or 0.</summary>
        public int OnlyStamp { get; }

        public bool Has(PayloadPlaces places) => EndOf(places) > 0;

        /// <summary>How many steps there are up to the last with one of these places.</summary>
        public int EndOf(PayloadPlaces places) => _ends[(int)places];
    }
}
