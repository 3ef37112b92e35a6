namespace SimulationManager.RosMessages;

/// <summary>
/// Flattens layouts into steps. Alignment counts from the begin of the message, which is aligned to everything; behind a string or
/// a sequence nothing is known of it, so that a value with a larger alignment than those before it begins a new run.
/// </summary>
internal sealed class LayoutProgram
{
    private readonly int _maxAlignment;
    private readonly List<LayoutStep> _steps;

    private LayoutProgram(int maxAlignment, int knownAlignment)
    {
        _maxAlignment = maxAlignment;
        // An empty run that says what is known of the alignment at the begin; it falls away.
        _steps = [new LayoutStep { Kind = StepKind.Run, Alignment = knownAlignment }];
    }

    private LayoutStep[] Steps => [.. _steps.Where(step => step.Size > 0 || step.Kind != StepKind.Run)];

    /// <summary>The steps of a whole message.</summary>
    public static LayoutStep[] Of(MessageLayout layout, int maxAlignment)
    {
        var budget = DefinitionLimits.MaxSteps;
        var program = new LayoutProgram(maxAlignment, maxAlignment);
        program.Add(layout, ref budget);
        return program.Steps;
    }

    /// <summary>
    /// The steps before a field of the message or of a message in it. Nothing of the field's own padding is part of them.
    /// </summary>
    /// <param name="layout">The message.</param>
    /// <param name="path">The field and those that lead to it.</param>
    /// <param name="maxAlignment">8, or 4 for XCDR version 2.</param>
    public static LayoutStep[] Before(MessageLayout layout, IEnumerable<FieldLayout> path, int maxAlignment)
    {
        var budget = DefinitionLimits.MaxSteps;
        var program = new LayoutProgram(maxAlignment, maxAlignment);
        foreach (var target in path)
        {
            foreach (var field in layout.Fields.TakeWhile(field => field != target))
                program.Add(field, ref budget);
            layout = target.Nested ?? layout;
        }

        return program.Steps;
    }

    private void Add(MessageLayout layout, ref int budget)
    {
        foreach (var field in layout.Fields)
            Add(field, ref budget);
    }

    private void Add(FieldLayout field, ref int budget)
    {
        if (--budget < 0)
            throw DefinitionLimits.TooLarge($"A message has more than {DefinitionLimits.MaxSteps} fields once nested messages are spread out ({field.Path}).");
        if (field.IsArray)
            AddArray(field, ref budget);
        else if (IsStamp(field))
            _steps.Add(new LayoutStep { Kind = StepKind.Stamp, Alignment = 4, Size = LayoutStep.StampBytes, HasStamps = true });
        else if (field.Kind == FieldKind.Message)
            Add(field.Nested!, ref budget);
        else if (field.PrimitiveSize > 0)
            AddRun(field.PrimitiveSize, field.PrimitiveSize);
        else
            _steps.Add(TextStep(field));
    }

    private void AddArray(FieldLayout field, ref int budget)
    {
        if (field.PrimitiveSize > 0)
        {
            if (field.Array == ArrayKind.Fixed)
                AddRun(field.PrimitiveSize, field.PrimitiveSize * field.ArraySize);
            else
                _steps.Add(SequenceOf(field, Math.Min(field.PrimitiveSize, _maxAlignment), field.PrimitiveSize));
            return;
        }

        // Where the first element begins is not known, and after the first it is what the element's own steps say.
        var element = new LayoutProgram(_maxAlignment, knownAlignment: 1);
        if (field.Kind == FieldKind.Message)
            element.Add(field.Nested!, ref budget);
        else
            element._steps.Add(TextStep(field));
        var steps = element.Steps;
        if (steps is [{ Kind: StepKind.Run } run] && run.Size % run.Alignment == 0 && _maxAlignment == 8)
        {
            if (field.Array == ArrayKind.Fixed)
                AddRun(run.Alignment, run.Size * field.ArraySize);
            else
                _steps.Add(SequenceOf(field, run.Alignment, run.Size));
            return;
        }

        _steps.Add(new LayoutStep
        {
            Kind = StepKind.Elements,
            Count = field.Array == ArrayKind.Fixed ? field.ArraySize : -1,
            Bound = field.Bound,
            ElementMinBytes = field.ElementMinBytes,
            Element = steps,
            HasStamps = Array.Exists(steps, step => step.HasStamps),
            HasFrames = Array.Exists(steps, step => step.HasFrames),
        });
    }

    private void AddRun(int size, int bytes)
    {
        var alignment = Math.Min(size, _maxAlignment);
        if (_steps[^1] is { Kind: StepKind.Run } run && alignment <= run.Alignment)
            run.Size = ((run.Size + alignment - 1) & -alignment) + bytes;
        else
            _steps.Add(new LayoutStep { Kind = StepKind.Run, Alignment = alignment, Size = bytes });
    }

    private static LayoutStep SequenceOf(FieldLayout field, int alignment, int size) =>
        new() { Kind = StepKind.Sequence, Alignment = alignment, Size = size, Bound = field.Bound, ElementMinBytes = size };

    private static LayoutStep TextStep(FieldLayout field) => new()
    {
        Kind = field.Kind == FieldKind.WString ? StepKind.WideText : IsFrame(field) ? StepKind.Frame : StepKind.Text,
        Bound = field.StringBound,
        HasFrames = IsFrame(field),
    };

    private static bool IsStamp(FieldLayout field) => field is { Name: "stamp", Nested.Type.Name: "builtin_interfaces/msg/Time" };

    private static bool IsFrame(FieldLayout field) =>
        field is { Kind: FieldKind.String, IsArray: false } && (field.Name == "frame_id" || field.Name.EndsWith("_frame_id", StringComparison.Ordinal));
}
