namespace SimulationManager.Worker.Executions;

/// <summary>When agents of a part that plays move to other silos.</summary>
public enum RebalancePolicy
{
    /// <summary>Only when a client asks for it.</summary>
    OnRequest,

    /// <summary>Also when a silo that plays them cannot keep up.</summary>
    WhenOverloaded,

    /// <summary>Also when a silo has joined and the silos have not about the same to do.</summary>
    WhenUneven,
}

/// <summary>Settings of the coordination of runs, section <c>Runs</c>.</summary>
public sealed class RunOptions
{
    public const string Section = "Runs";

    public RebalancePolicy Rebalance { get; set; } = RebalancePolicy.WhenOverloaded;
}
