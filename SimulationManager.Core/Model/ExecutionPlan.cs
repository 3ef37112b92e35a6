namespace SimulationManager.Core.Model;

/// <summary>A simulation's plan, frozen when a run starts; stored as JSON with the execution.</summary>
[GenerateSerializer, Immutable]
public sealed record ExecutionPlan
{
    /// <summary>More agents than this in one step or group would be a mistake.</summary>
    public const int MaxAgentsPerPart = 100_000;

    [Id(0)] public required PatternType PatternType { get; init; }

    /// <summary>Steps in their order, or groups.</summary>
    [Id(1)] public required IReadOnlyList<PlannedPart> Parts { get; init; }

    /// <summary>The site that the simulation names, if agents were to publish there and nobody knows where that is; else null.</summary>
    [Id(2)] public string? UnknownSite { get; init; }

    /// <summary>What the run subscribes to and records; every entry names its endpoint.</summary>
    [Id(3)] public IReadOnlyList<ListenOptions> Listen { get; init; } = [];

    /// <summary>What the run records of what its agents put out; null: nothing.</summary>
    [Id(4)] public RecordOptions? Record { get; init; }

    /// <summary>Agents of all parts.</summary>
    public int TotalAgents() => Parts.Sum(part => part.AutonomousAgentCount);

    /// <summary>The number of a part's first agent within the execution.</summary>
    public long FirstAgentOf(long part) => 1 + Parts.TakeWhile(other => other.Number != part).Sum(other => (long)other.AutonomousAgentCount);
}

/// <summary>One step or group of an <see cref="ExecutionPlan"/>.</summary>
[GenerateSerializer, Immutable]
public sealed record PlannedPart
{
    /// <summary>The step's order, or the group's id.</summary>
    [Id(0)] public required long Number { get; init; }

    [Id(1)] public required long TemplateId { get; init; }
    [Id(2)] public required string TemplateName { get; init; }
    [Id(3)] public required string TemplateType { get; init; }
    [Id(4)] public required int AutonomousAgentCount { get; init; }
    [Id(5)] public required int RepeatCount { get; init; }

    /// <summary>Time limit in seconds.</summary>
    [Id(6)] public required int ExecutionTime { get; init; }

    /// <summary>Seconds between the end of this step and the next; 0 for a group.</summary>
    [Id(7)] public required int DelayAfterCompletion { get; init; }

    [Id(8)] public PlaybackOptions? Playback { get; init; }

    /// <summary>The bundle's files at the time of the start.</summary>
    [Id(9)] public required IReadOnlyList<PlannedFile> Files { get; init; }

    /// <summary>The template's topics at the time of the start.</summary>
    [Id(10)] public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>Where its agents publish; null: nowhere.</summary>
    [Id(11)] public PlannedOutput? Output { get; init; }

    /// <summary>How its agents differ from each other; null: not at all.</summary>
    [Id(12)] public FleetOptions? Fleet { get; init; }

    /// <summary>What people call a group; null: a step, or a group without a name.</summary>
    [Id(13)] public string? GroupName { get; init; }

    /// <summary>Where a group is meant to be; null: a step, or nothing was said.</summary>
    [Id(14)] public string? AssignedArea { get; init; }
}

/// <summary>One file of a planned bundle.</summary>
[GenerateSerializer, Immutable]
public sealed record PlannedFile(
    [property: Id(0)] TemplateFileKind Kind,
    [property: Id(1)] string FileName,
    [property: Id(2)] string ObjectKey,
    [property: Id(3)] long Size)
{
    /// <summary>A template's file as it is now.</summary>
    public static PlannedFile Of(TemplateFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new PlannedFile(file.Kind, file.FileName, file.ObjectKey, file.Size);
    }
}
