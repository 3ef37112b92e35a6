using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>Copies a payload step by step with other names of frames, aligning both sides by themselves.</summary>
internal ref struct PayloadCopy
{
    private readonly ReadOnlySpan<byte> _source;
    private readonly Span<byte> _destination;
    private readonly FrameNames _names;
    private readonly WideStringForm _wideStrings;
    private readonly int _maxAlignment;

    private CdrReader _reader;
    private int _written;

    public PayloadCopy(ReadOnlySpan<byte> source, Span<byte> destination, FrameNames names, WideStringForm wideStrings)
    {
        _source = source;
        _destination = destination;
        _names = names;
        _wideStrings = wideStrings;
        _reader = new CdrReader(source);
        _maxAlignment = _reader.HasDelimiters ? 4 : 8;
    }

    public readonly bool IsVersion2 => _reader.HasDelimiters;

    /// <param name="steps">The whole message.</param>
    /// <param name="framed">How many of the steps come before the rest, in which there are no frames.</param>
    /// <param name="written">Length of the copy.</param>
    /// <returns>Whether the destination is long enough.</returns>
    public bool TryRun(LayoutStep[] steps, int framed, out int written)
    {
        var fits = TryRaw(_source[..CdrForm.HeaderBytes]) && TrySteps(steps.AsSpan(0, framed)) && TryRest(steps.AsSpan(framed));
        written = fits ? _written : 0;
        return fits;
    }

    /// <summary>Where the copy is shifted by a multiple of the largest alignment, the rest is copied as it is.</summary>
    private bool TryRest(ReadOnlySpan<LayoutStep> steps)
    {
        if ((_written - _reader.Position) % _maxAlignment == 0)
            return TryRaw(_source[_reader.Position..]);
        if (!TrySteps(steps))
            return false;
        _reader.ExpectEnd();
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
            case StepKind.Run or StepKind.Stamp:
                return TryValues(step.Alignment, step.Size);
            case StepKind.Frame:
                return TryFrame(_reader.ReadText(step.Bound));
            case StepKind.Text:
                return TryTaken(4, TakeText(step));
            case StepKind.WideText:
                return TryTaken(4, TakeWideText(step));
            case StepKind.Sequence:
                var length = _reader.ReadCount(step.Bound, step.Size);
                return TryTaken(4, Last(sizeof(uint))) && (length == 0 || TryValues(step.Alignment, length * (long)step.Size));
            default:
                return TryElements(step);
        }
    }

    private bool TryElements(LayoutStep step)
    {
        var end = _reader.BeginDelimited();
        if (end >= 0 && !TryTaken(4, Last(sizeof(uint))))
            return false;
        var start = _written;
        var count = LayoutWalk.ReadElementCount(ref _reader, step);
        if (step.Count < 0 && !TryTaken(4, Last(sizeof(uint))))
            return false;
        for (var left = count; left > 0; left--)
        {
            if (!TrySteps(step.Element))
                return false;
        }

        _reader.EndDelimited(end);
        if (end >= 0)
            WriteLength(start - sizeof(uint), _written - start);
        return true;
    }

    private bool TryFrame(ReadOnlySpan<byte> name)
    {
        var (prefix, isWhole) = _names.Find(name);
        var rest = isWhole ? [] : name;
        if (!TryAlign(4) || _destination.Length - _written < sizeof(uint) + prefix.Length + rest.Length + 1)
            return false;
        WriteLength(_written, prefix.Length + rest.Length + 1);
        _written += sizeof(uint);
        return TryRaw(prefix) && TryRaw(rest) && TryRaw([0]);
    }

    private ReadOnlySpan<byte> TakeText(LayoutStep step)
    {
        _reader.Align(4);
        var start = _reader.Position;
        _reader.ReadText(step.Bound);
        return _source[start.._reader.Position];
    }

    /// <summary>A count of four bytes leaves units of two or four bytes aligned.</summary>
    private ReadOnlySpan<byte> TakeWideText(LayoutStep step)
    {
        _reader.Align(4);
        var start = _reader.Position;
        _reader.ReadWideText(_wideStrings, step.Bound);
        return _source[start.._reader.Position];
    }

    private bool TryValues(int alignment, long bytes)
    {
        _reader.Align(alignment);
        var start = _reader.Position;
        _reader.Skip(bytes);
        return TryTaken(alignment, _source[start.._reader.Position]);
    }

    private readonly ReadOnlySpan<byte> Last(int bytes) => _source.Slice(_reader.Position - bytes, bytes);

    private bool TryTaken(int alignment, ReadOnlySpan<byte> bytes) => TryAlign(alignment) && TryRaw(bytes);

    private bool TryAlign(int alignment)
    {
        var padding = (CdrForm.HeaderBytes - _written) & (alignment - 1);
        if (_destination.Length - _written < padding)
            return false;
        _destination.Slice(_written, padding).Clear();
        _written += padding;
        return true;
    }

    private bool TryRaw(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.TryCopyTo(_destination[_written..]))
            return false;
        _written += bytes.Length;
        return true;
    }

    private readonly void WriteLength(int position, int length) =>
        MemoryMarshal.Write(_destination[position..], _reader.Swaps ? ByteOrder.Reverse((uint)length) : (uint)length);
}
