namespace SimulationManager.RosMessages;

/// <summary>
/// Flattens layouts into steps. Alignment counts from the begin of the message, which is aligned to everything; behind a string or
/// a sequence nothing is known of it, so that a value with a larger alignment than those before it begins a new run.
/// </summary>
internal sealed class LayoutProgram
{
    private readonly int _maxAlignment;
    private readonly bool _marksPositions;
    private readonly List<LayoutStep> _steps;
    private bool _isFramed;

    private LayoutProgram(int maxAlignment, int knownAlignment, bool marksPositions = false, bool isFramed = false)
    {
        (_maxAlignment, _marksPositions, _isFramed) = (maxAlignment, marksPositions, isFramed);
        // An empty run that says what is known of the alignment at the begin; it falls away.
        _steps = [new LayoutStep { Kind = StepKind.Run, Alignment = knownAlignment }];
    }

    private LayoutStep[] Steps => [.. _steps.Where(step => step.Size > 0 || step.Kind != StepKind.Run)];

    /// <summary>The steps of a whole message.</summary>
    /// <param name="layout">The message.</param>
    /// <param name="maxAlignment">8, or 4 for XCDR version 2.</param>
    /// <param name="marksPositions">Whether positions are steps of their own.</param>
    public static LayoutStep[] Of(MessageLayout layout, int maxAlignment, bool marksPositions)
    {
        var budget = DefinitionLimits.MaxSteps;
        var program = new LayoutProgram(maxAlignment, maxAlignment, marksPositions);
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
        var around = _isFramed;
        _isFramed |= _marksPositions && FramedPositions.Has(layout.Type);
        foreach (var field in layout.Fields)
            Add(field, ref budget);
        _isFramed = around;
    }

    private void Add(FieldLayout field, ref int budget)
    {
        if (--budget < 0)
            throw DefinitionLimits.TooLarge($"A message has more than {DefinitionLimits.MaxSteps} fields once nested messages are spread out ({field.Path}).");
        if (field.IsArray)
            AddArray(field, ref budget);
        else if (IsStamp(field))
            _steps.Add(new LayoutStep { Kind = StepKind.Stamp, Alignment = 4, Size = LayoutStep.StampBytes, Places = PayloadPlaces.Stamps });
        else if (_isFramed && FramedPositions.IsPosition(field))
            _steps.Add(PositionStep(field));
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
        var element = new LayoutProgram(_maxAlignment, knownAlignment: 1, _marksPositions, _isFramed);
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
            Places = steps.Aggregate(PayloadPlaces.None, (places, step) => places | step.Places),
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

    private LayoutStep PositionStep(FieldLayout field) => new()
    {
        Kind = StepKind.Position,
        Alignment = Math.Min(sizeof(double), _maxAlignment),
        Size = LayoutStep.PositionBytes,
        Places = PayloadPlaces.Positions,
        Role = FramedPositions.IsTranslation(field) ? FrameRole.Child : FrameRole.None,
    };

    private static LayoutStep TextStep(FieldLayout field) => new()
    {
        Kind = field.Kind == FieldKind.WString ? StepKind.WideText : IsFrame(field) ? StepKind.Frame : StepKind.Text,
        Bound = field.StringBound,
        Places = IsFrame(field) ? PayloadPlaces.Frames : PayloadPlaces.None,
        Role = field.Name switch { "frame_id" => FrameRole.Parent, "child_frame_id" => FrameRole.Child, _ => FrameRole.None },
    };

    /// <summary>A bag may define the type as it likes; what is not as it should be is no stamp.</summary>
    private static bool IsStamp(FieldLayout field) =>
        (field.Name == "stamp" || field.Path == "rosgraph_msgs/msg/Clock.clock")
        && field.Nested is { Type.Name: "builtin_interfaces/msg/Time", Fields: [{ Kind: FieldKind.Int32, IsArray: false }, { Kind: FieldKind.UInt32, IsArray: false }] };

    private static bool IsFrame(FieldLayout field) =>
        field is { Kind: FieldKind.String, IsArray: false } && (field.Name == "frame_id" || field.Name.EndsWith("_frame_id", StringComparison.Ordinal));
}
