namespace SimulationManager.RosMessages;

/// <summary>What a step of a flattened layout passes over.</summary>
internal enum StepKind
{
    /// <summary>A run of values whose size is known once the first is aligned.</summary>
    Run,

    /// <summary>A <c>builtin_interfaces/Time</c> that says when a message was made (<see cref="PayloadRewriter"/>).</summary>
    Stamp,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A string that names a coordinate frame.</summary>
    Frame,

    /// <summary>Three <c>float64</c>: a position in the frame that the message's header names.</summary>
    Position,

    /// <summary>A <c>wstring</c>.</summary>
    WideText,

    /// <summary>A sequence of values that lie without gaps.</summary>
    Sequence,

    /// <summary>An array or sequence whose elements are passed over one by one.</summary>
    Elements,
}

/// <summary>
/// A step of a flattened layout: nested messages are part of the message around them, and what has a fixed size is one step, so that
/// a walk looks only at what it has to.
/// </summary>
internal sealed class LayoutStep
{
    public const int StampBytes = 8;
    public const int PositionBytes = 3 * sizeof(double);

    public required StepKind Kind { get; init; }

    /// <summary>Alignment of the run or of the sequence's elements.</summary>
    public int Alignment { get; init; } = 1;

    /// <summary>Bytes of the run or of one element of the sequence.</summary>
    public int Size { get; set; }

    /// <summary>Number of elements, or -1 for a sequence, which begins with it.</summary>
    public int Count { get; init; } = -1;

    /// <summary>The greatest length of a bounded sequence or string, else 0.</summary>
    public int Bound { get; init; }

    /// <summary>Bytes that an element takes at least.</summary>
    public int ElementMinBytes { get; init; }

    /// <summary>The steps of one element.</summary>
    public LayoutStep[] Element { get; init; } = [];

    /// <summary>Which places in the step can be changed.</summary>
    public PayloadPlaces Places { get; init; }

    /// <summary>Of a frame's name, what it says of the positions behind it; of a position, <see cref="FrameRole.Child"/> if it is a transform's.</summary>
    public FrameRole Role { get; init; }

    /// <summary>Whether the step takes the same room in every payload, once it is aligned.</summary>
    public bool IsFixed => Kind is StepKind.Run or StepKind.Stamp or StepKind.Position;
}

/// <summary>Places in payloads that can be changed.</summary>
[Flags]
internal enum PayloadPlaces
{
    None = 0,
    Stamps = 1,
    Frames = 2,
    Positions = 4,
}

/// <summary>What the name of a frame says of positions.</summary>
internal enum FrameRole
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is the frame that they are given in (<c>frame_id</c>).</summary>
    Parent,

    /// <summary>It is the frame whose place a transform gives (<c>child_frame_id</c>).</summary>
    Child,
}
