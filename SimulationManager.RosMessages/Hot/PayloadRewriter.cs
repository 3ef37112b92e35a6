namespace SimulationManager.RosMessages;

/// <summary>
/// Changes stamps and names of coordinate frames inside payloads of a type, without decoding them and without allocating. Stamps
/// are all fields <c>stamp</c> of type <c>builtin_interfaces/Time</c> (so those of every <c>std_msgs/Header</c>), frames all strings
/// <c>frame_id</c> or <c>…_frame_id</c>, in nested messages and in arrays of them, too. Immutable; shared freely between threads.
/// </summary>
public sealed class PayloadRewriter
{
    private readonly Plan _version1;
    private readonly Plan _version2;
    private readonly WideStringForm _wideStrings;

    /// <summary>Works out where stamps and frames lie.</summary>
    /// <param name="schema">The message type.</param>
    /// <param name="wideStrings">How payloads hold <c>wstring</c>s.</param>
    /// <exception cref="RosMessageException">The type has no serialized form, or too many fields.</exception>
    public PayloadRewriter(MessageSchema schema, WideStringForm wideStrings = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var layout = MessageLayout.Of(schema);
        _version1 = new Plan(LayoutProgram.Of(layout, maxAlignment: 8));
        _version2 = new Plan(LayoutProgram.Of(layout, maxAlignment: 4));
        _wideStrings = wideStrings;
    }

    /// <summary>Whether messages of the type can hold stamps.</summary>
    public bool HasStamps => _version1.Stamped.Length > 0;

    /// <summary>Whether messages of the type can hold names of frames.</summary>
    public bool HasFrames => _version1.Framed > 0;

    /// <summary>Adds to every stamp, in place. Stamps that are zero, which says that there is none, stay.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="offsetNs">Nanoseconds, negative for earlier.</param>
    /// <returns>How many stamps were changed.</returns>
    /// <exception cref="RosMessageException">
    /// The payload is cut off or damaged, or a stamp would be out of range; stamps before that place have been changed.
    /// </exception>
    public int ShiftStamps(Span<byte> payload, long offsetNs) => Change(payload, new StampChange(IsOffset: true, offsetNs));

    /// <summary>Replaces every stamp, in place. Stamps that are zero stay.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="timeNs">Nanoseconds since the Unix epoch.</param>
    /// <returns>How many stamps were changed.</returns>
    /// <exception cref="RosMessageException">As for <see cref="ShiftStamps"/>.</exception>
    public int SetStamps(Span<byte> payload, long timeNs) => Change(payload, new StampChange(IsOffset: false, timeNs));

    /// <summary>Copies a payload with other names of frames. What follows a name of another length is aligned anew.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="names">The new names.</param>
    /// <param name="destination">Takes the new payload; must not overlap the old one.</param>
    /// <param name="written">Length of the new payload.</param>
    /// <returns>Whether the destination is long enough.</returns>
    /// <exception cref="RosMessageException">The payload is cut off, damaged or of another type.</exception>
    public bool TryRenameFrames(ReadOnlySpan<byte> payload, FrameNames names, Span<byte> destination, out int written)
    {
        ArgumentNullException.ThrowIfNull(names);
        var copy = new PayloadCopy(payload, destination, names, _wideStrings);
        var plan = copy.IsVersion2 ? _version2 : _version1;
        return copy.TryRun(plan.Steps, plan.Framed, out written);
    }

    private int Change(Span<byte> payload, StampChange change)
    {
        var representation = (int)CdrForm.ReadRepresentation(payload);
        var plan = representation >= (int)CdrRepresentation.Cdr2BigEndian ? _version2 : _version1;
        if (plan.OnlyStamp < 0)
            return Walk(payload, plan, change);
        if (payload.Length < plan.OnlyStamp + LayoutStep.StampBytes)
            throw new RosMessageException(RosMessageError.PayloadTruncated, $"The payload of {payload.Length} bytes ends before its stamp does.");
        return change.Apply(payload.Slice(plan.OnlyStamp, LayoutStep.StampBytes), (representation & 1) == 0 == BitConverter.IsLittleEndian) ? 1 : 0;
    }

    private int Walk(Span<byte> payload, Plan plan, StampChange change)
    {
        var reader = new CdrReader(payload);
        return Walk(payload, ref reader, plan.Stamped, change);
    }

    private int Walk(Span<byte> payload, ref CdrReader reader, LayoutStep[] steps, StampChange change)
    {
        var changed = 0;
        foreach (var step in steps)
        {
            if (!step.HasStamps)
            {
                LayoutWalk.Skip(ref reader, step, _wideStrings);
            }
            else if (step.Kind == StepKind.Stamp)
            {
                reader.Align(step.Alignment);
                reader.Skip(step.Size);
                changed += change.Apply(payload.Slice(reader.Position - step.Size, step.Size), reader.Swaps) ? 1 : 0;
            }
            else
            {
                reader.BeginDelimited();
                for (var left = LayoutWalk.ReadElementCount(ref reader, step); left > 0; left--)
                    changed += Walk(payload, ref reader, step.Element, change);
            }
        }

        return changed;
    }

    private readonly record struct StampChange(bool IsOffset, long Nanoseconds)
    {
        public bool Apply(Span<byte> stamp, bool swaps) => IsOffset ? Stamp.Shift(stamp, Nanoseconds, swaps) : Stamp.Set(stamp, Nanoseconds, swaps);
    }

    private sealed class Plan
    {
        public Plan(LayoutStep[] steps)
        {
            Steps = steps;
            Stamped = steps[..(Array.FindLastIndex(steps, step => step.HasStamps) + 1)];
            Framed = Array.FindLastIndex(steps, step => step.HasFrames) + 1;
            var only = Array.FindIndex(Stamped, step => step.HasStamps);
            OnlyStamp = only == Stamped.Length - 1 && only >= 0 && LayoutWalk.FixedEnd(Stamped) is > 0 and var end ? end - LayoutStep.StampBytes : -1;
        }

        public LayoutStep[] Steps { get; }

        /// <summary>The steps up to the last stamp.</summary>
        public LayoutStep[] Stamped { get; }

        /// <summary>The number of steps up to the last frame.</summary>
        public int Framed { get; }

        /// <summary>Where the only stamp of every payload lies, as in all messages that begin with a header; or -1.</summary>
        public int OnlyStamp { get; }
    }
}
