namespace SimulationManager.RosMessages;

/// <summary>Passes over steps of a payload without decoding them.</summary>
internal static class LayoutWalk
{
    public static void Skip(ref CdrReader reader, LayoutStep[] steps, WideStringForm wideStrings)
    {
        foreach (var step in steps)
            Skip(ref reader, step, wideStrings);
    }

    public static void Skip(ref CdrReader reader, LayoutStep step, WideStringForm wideStrings)
    {
        switch (step.Kind)
        {
            case StepKind.Run or StepKind.Stamp:
                reader.Align(step.Alignment);
                reader.Skip(step.Size);
                break;
            case StepKind.Text or StepKind.Frame:
                reader.ReadText(step.Bound);
                break;
            case StepKind.WideText:
                reader.ReadWideText(wideStrings, step.Bound);
                break;
            case StepKind.Sequence:
                if (reader.ReadCount(step.Bound, step.Size) is > 0 and var length)
                {
                    reader.Align(step.Alignment);
                    reader.Skip(length * (long)step.Size);
                }

                break;
            default:
                if (reader.BeginDelimited() is >= 0 and var end)
                {
                    reader.Position = end;
                    break;
                }

                for (var left = ReadElementCount(ref reader, step); left > 0; left--)
                    Skip(ref reader, step.Element, wideStrings);
                break;
        }
    }

    public static int ReadElementCount(ref CdrReader reader, LayoutStep step) =>
        step.Count >= 0 ? step.Count : reader.ReadCount(step.Bound, step.ElementMinBytes);

    /// <summary>Where what follows the steps begins in every payload, or -1 if that depends on the payload.</summary>
    public static int FixedEnd(ReadOnlySpan<LayoutStep> steps)
    {
        var position = 0;
        foreach (var step in steps)
        {
            if (step.Kind is not (StepKind.Run or StepKind.Stamp))
                return -1;
            position = ((position + step.Alignment - 1) & -step.Alignment) + step.Size;
        }

        return position + CdrForm.HeaderBytes;
    }
}
