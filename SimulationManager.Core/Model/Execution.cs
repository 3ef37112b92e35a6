namespace SimulationManager.Core.Model;

/// <summary>One run of a simulation: its frozen plan, history and result.</summary>
public sealed class Execution
{
    public long Id { get; init; }
    public required long SimulationId { get; init; }
    public Simulation? Simulation { get; init; }
    public required PatternType PatternType { get; init; }
    public required RunStatus Status { get; set; }

    /// <summary>The plan as it was when the run was started; later edits of the simulation do not reach it.</summary>
    public required ExecutionPlan Plan { get; init; }

    public List<ExecutionPart> Parts { get; init; } = [];

    /// <summary>One sentence for a person about the state.</summary>
    public required string Message { get; set; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public double OverallProgress { get; set; }

    /// <summary>Messages that all agents have put out.</summary>
    public long MessagesOut { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastUpdated { get; set; }
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it completed, failed or was stopped.</summary>
    public DateTimeOffset? EndedAt { get; set; }
}

/// <summary>The run of one step or group within an execution.</summary>
public sealed class ExecutionPart
{
    public long ExecutionId { get; init; }

    /// <summary>The step's order, or the group's id.</summary>
    public required long Number { get; init; }

    public required RunStatus Status { get; set; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public double Progress { get; set; }

    public required int AutonomousAgents { get; init; }

    /// <summary>Repeats that every agent has finished.</summary>
    public int CurrentRepeat { get; set; }

    public required int TotalRepeats { get; init; }

    /// <summary>Messages that one pass by every agent and all repeats would put out.</summary>
    public long MessagesPlanned { get; set; }

    public long MessagesOut { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Which instance failed, and why.</summary>
    public string? Error { get; set; }
}

/// <summary>The outcome of one agent of an execution; written when its step or group ends.</summary>
public sealed class ExecutionInstance
{
    public long ExecutionId { get; init; }

    /// <summary>1..n within the execution; part of the name <c>instance-&lt;simulationId&gt;-&lt;instanceId&gt;</c>.</summary>
    public required long InstanceId { get; init; }

    public required long PartNumber { get; init; }
    public required RunStatus Status { get; set; }
    public required int RepeatsCompleted { get; set; }
    public required long MessagesOut { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessP50 { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessP99 { get; set; }

    /// <summary>Lateness in microseconds.</summary>
    public required long LatenessMax { get; set; }

    public string? Silo { get; set; }
    public string? Error { get; set; }
}
