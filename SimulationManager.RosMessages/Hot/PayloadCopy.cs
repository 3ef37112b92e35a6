using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>Copies a payload step by step with changes, aligning both sides by themselves.</summary>
internal ref struct PayloadCopy
{
    private readonly ReadOnlySpan<byte> _source;
    private readonly Span<byte> _destination;
    private readonly PayloadChange _change;
    private readonly byte[][] _globalFrames;
    private readonly WideStringForm _wideStrings;
    private readonly int _maxAlignment;
    private readonly bool _moves;

    private CdrReader _reader;
    private int _written;
    private RewriteStatus _status;
    private bool _parentIsGlobal;
    private bool _childIsGlobal;

    public PayloadCopy(
        ReadOnlySpan<byte> source, CdrRepresentation representation, Span<byte> destination, in PayloadChange change, byte[][] globalFrames, WideStringForm wideStrings)
    {
        _source = source;
        _destination = destination;
        _change = change;
        _globalFrames = globalFrames;
        _wideStrings = wideStrings;
        _moves = !change.Offset.IsZero;
        _reader = new CdrReader(source, representation);
        _maxAlignment = _reader.HasDelimiters ? 4 : 8;
    }

    /// <param name="steps">The whole message.</param>
    /// <param name="changed">How many of the steps come before the rest, in which nothing changes.</param>
    /// <param name="written">Length of the copy.</param>
    public RewriteStatus Run(LayoutStep[] steps, int changed, out int written)
    {
        var isDone = TryRaw(_source[..CdrForm.HeaderBytes]) && TrySteps(steps.AsSpan(0, changed)) && TryRest(steps.AsSpan(changed));
        written = isDone ? _written : 0;
        return _status;
    }

    /// <summary>Where the copy is shifted by a multiple of the largest alignment, the rest is copied as it is.</summary>
    private bool TryRest(ReadOnlySpan<LayoutStep> steps)
    {
        if ((_written - _reader.Position) % _maxAlignment == 0)
            return TryRaw(_source[_reader.Position..]);
        if (!TrySteps(steps))
            return false;
        if (!_reader.IsAtEnd)
            return Fail(RewriteStatus.PayloadUnsuitable);
        return _source.Length % 4 != 0 || TryAlign(4);
    }

    private bool TrySteps(ReadOnlySpan<LayoutStep> steps)
    {
        foreach (var step in steps)
        {
            if (!TryStep(step))
                return false;
        }

        return true;
    }

    private bool TryStep(LayoutStep step)
    {
        switch (step.Kind)
        {
            case StepKind.Run:
                return TryValues(step.Alignment, step.Size);
            case StepKind.Stamp:
                return TryValues(step.Alignment, step.Size) && TryStamp();
            case StepKind.Position:
                return TryValues(step.Alignment, step.Size) && Move(step);
            case StepKind.Frame:
                return TryFrame(step);
            case StepKind.Text:
                return TryText(step);
            case StepKind.WideText:
                return TryWideText(step);
            case StepKind.Sequence:
                return TryCount(step, step.Size, out var length) && (length == 0 || TryValues(step.Alignment, length * (long)step.Size));
            default:
                return TryElements(step);
        }
    }

    private bool TryElements(LayoutStep step)
    {
        if (!_reader.TryBeginDelimited(out var end))
            return Unsuitable();
        if (end >= 0 && !TryTaken(4, _reader.Position - sizeof(uint)))
            return false;
        var start = _written;
        var left = step.Count;
        if (left < 0 && !TryCount(step, step.ElementMinBytes, out left))
            return false;
        for (; left > 0; left--)
        {
            if (!TrySteps(step.Element))
                return false;
        }

        if (!_reader.TryEndDelimited(end))
            return Unsuitable();
        if (end >= 0)
            WriteLength(start - sizeof(uint), _written - start);
        return true;
    }

    private bool TryCount(LayoutStep step, int elementBytes, out int count)
    {
        if (!_reader.TryReadCount(step.Bound, elementBytes, out count))
            return Unsuitable();
        return TryTaken(4, _reader.Position - sizeof(uint));
    }

    private bool TryText(LayoutStep step)
    {
        _reader.Align(4);
        var start = _reader.Position;
        return (_reader.TryReadText(step.Bound, out _) || Unsuitable()) && TryTaken(4, start);
    }

    /// <summary>A count of four bytes leaves units of two or four bytes aligned.</summary>
    private bool TryWideText(LayoutStep step)
    {
        _reader.Align(4);
        var start = _reader.Position;
        return (_reader.TryReadWideText(_wideStrings, step.Bound, out _) || Unsuitable()) && TryTaken(4, start);
    }

    private bool TryFrame(LayoutStep step)
    {
        _reader.Align(4);
        var start = _reader.Position;
        if (!_reader.TryReadText(step.Bound, out var name))
            return Unsuitable();
        if (_moves && step.Role == FrameRole.Parent)
            _parentIsGlobal = IsGlobal(name);
        else if (_moves && step.Role == FrameRole.Child)
            _childIsGlobal = IsGlobal(name);
        return _change.Frames is null ? TryTaken(4, start) : TryRenamed(name);
    }

    private bool TryRenamed(ReadOnlySpan<byte> name)
    {
        var (prefix, isWhole) = _change.Frames!.Find(name);
        var rest = isWhole ? [] : name;
        if (!TryAlign(4) || _destination.Length - _written < sizeof(uint) + prefix.Length + rest.Length + 1)
            return Fail(RewriteStatus.DestinationTooSmall);
        WriteLength(_written, prefix.Length + rest.Length + 1);
        _written += sizeof(uint);
        return TryRaw(prefix) && TryRaw(rest) && TryRaw([0]);
    }

    private readonly bool IsGlobal(ReadOnlySpan<byte> name)
    {
        foreach (var frame in _globalFrames)
        {
            if (name.SequenceEqual(frame))
                return true;
        }

        return false;
    }

    private bool TryStamp() =>
        _change.Stamps.IsNone || _change.Stamps.TryApply(Last(LayoutStep.StampBytes), _reader.Swaps) || Fail(RewriteStatus.StampOutOfRange);

    private readonly bool Move(LayoutStep step)
    {
        if (_moves && _parentIsGlobal && !(_childIsGlobal && step.Role == FrameRole.Child))
            _change.Offset.AddTo(Last(LayoutStep.PositionBytes), _reader.Swaps);
        return true;
    }

    private bool TryValues(int alignment, long bytes)
    {
        _reader.Align(alignment);
        var start = _reader.Position;
        return (_reader.TrySkip(bytes) || Unsuitable()) && TryTaken(alignment, start);
    }

    /// <summary>The bytes that were written last.</summary>
    private readonly Span<byte> Last(int bytes) => _destination.Slice(_written - bytes, bytes);

    /// <summary>Writes what was read from a position on.</summary>
    private bool TryTaken(int alignment, int start) => TryAlign(alignment) && TryRaw(_source[start.._reader.Position]);

    private bool TryAlign(int alignment)
    {
        var padding = (CdrForm.HeaderBytes - _written) & (alignment - 1);
        if (_destination.Length - _written < padding)
            return Fail(RewriteStatus.DestinationTooSmall);
        _destination.Slice(_written, padding).Clear();
        _written += padding;
        return true;
    }

    private bool TryRaw(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.TryCopyTo(_destination[_written..]))
            return Fail(RewriteStatus.DestinationTooSmall);
        _written += bytes.Length;
        return true;
    }

    private readonly void WriteLength(int position, int length) =>
        MemoryMarshal.Write(_destination[position..], _reader.Swaps ? ByteOrder.Reverse((uint)length) : (uint)length);

    private bool Unsuitable() => Fail(RewriteStatus.PayloadUnsuitable);

    private bool Fail(RewriteStatus status)
    {
        _status = status;
        return false;
    }
}
