namespace SimulationManager.RosMessages;

/// <summary>What a step of a flattened layout passes over.</summary>
internal enum StepKind
{
    /// <summary>A run of values whose size is known once the first is aligned.</summary>
    Run,

    /// <summary>A <c>builtin_interfaces/Time</c> in a field <c>stamp</c>.</summary>
    Stamp,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A string that names a coordinate frame.</summary>
    Frame,

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

    /// <summary>Whether there is a stamp in the step.</summary>
    public bool HasStamps { get; init; }

    /// <summary>Whether there is a frame's name in the step.</summary>
    public bool HasFrames { get; init; }
}
