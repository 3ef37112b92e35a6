namespace SimulationManager.RosMessages;

/// <summary>Passes over steps of a payload without decoding them. False where the payload is cut off or damaged.</summary>
internal static class LayoutWalk
{
    public static bool TrySkip(ref CdrReader reader, LayoutStep[] steps, WideStringForm wideStrings)
    {
        foreach (var step in steps)
        {
            if (!TrySkip(ref reader, step, wideStrings))
                return false;
        }

        return true;
    }

    public static bool TryReadElementCount(ref CdrReader reader, LayoutStep step, out int count)
    {
        count = step.Count;
        return count >= 0 || reader.TryReadCount(step.Bound, step.ElementMinBytes, out count);
    }

    /// <summary>Where what follows the steps begins in every payload, or -1 if that depends on the payload.</summary>
    public static int FixedEnd(ReadOnlySpan<LayoutStep> steps)
    {
        var position = 0;
        foreach (var step in steps)
        {
            if (!step.IsFixed)
                return -1;
            position = ((position + step.Alignment - 1) & -step.Alignment) + step.Size;
        }

        return position + CdrForm.HeaderBytes;
    }

    private static bool TrySkip(ref CdrReader reader, LayoutStep step, WideStringForm wideStrings)
    {
        switch (step.Kind)
        {
            case StepKind.Run or StepKind.Stamp or StepKind.Position:
                reader.Align(step.Alignment);
                return reader.TrySkip(step.Size);
            case StepKind.Text or StepKind.Frame:
                return reader.TryReadText(step.Bound, out _);
            case StepKind.WideText:
                return reader.TryReadWideText(wideStrings, step.Bound, out _);
            case StepKind.Sequence:
                if (!reader.TryReadCount(step.Bound, step.Size, out var length))
                    return false;
                if (length == 0)
                    return true;
                reader.Align(step.Alignment);
                return reader.TrySkip(length * (long)step.Size);
            default:
                return TrySkipElements(ref reader, step, wideStrings);
        }
    }

    private static bool TrySkipElements(ref CdrReader reader, LayoutStep step, WideStringForm wideStrings)
    {
        if (!reader.TryBeginDelimited(out var end))
            return false;
        if (end >= 0)
        {
            reader.Position = end;
            return true;
        }

        if (!TryReadElementCount(ref reader, step, out var left))
            return false;
        for (; left > 0; left--)
        {
            if (!TrySkip(ref reader, step.Element, wideStrings))
                return false;
        }

        return true;
    }
}
