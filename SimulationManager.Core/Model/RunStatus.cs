namespace SimulationManager.Core.Model;

/// <summary>State of an execution and of each of its steps and groups. On the wire: upper case.</summary>
public enum RunStatus
{
    Pending,
    Running,
    Completed,
    Failed,
    Stopped,
}

/// <summary>The legal moves of a <see cref="RunStatus"/>.</summary>
public static class RunStatusTransitions
{
    private static readonly Dictionary<RunStatus, RunStatus[]> Next = new()
    {
        [RunStatus.Pending] = [RunStatus.Running, RunStatus.Failed, RunStatus.Stopped],
        [RunStatus.Running] = [RunStatus.Completed, RunStatus.Failed, RunStatus.Stopped],
        [RunStatus.Completed] = [],
        [RunStatus.Failed] = [],
        [RunStatus.Stopped] = [],
    };

    /// <summary>True once nothing can follow: completed, failed or stopped.</summary>
    public static bool IsTerminal(this RunStatus status) => Next[status].Length == 0;

    /// <summary>True when <paramref name="to"/> may directly follow <paramref name="from"/>.</summary>
    public static bool CanBecome(this RunStatus from, RunStatus to) => Next[from].Contains(to);

    /// <summary>Returns <paramref name="to"/> when it may follow <paramref name="from"/>.</summary>
    /// <exception cref="IllegalTransitionException">It may not.</exception>
    public static RunStatus MoveTo(this RunStatus from, RunStatus to) =>
        from.CanBecome(to) ? to : throw new IllegalTransitionException(from.ToString(), to.ToString());
}

/// <summary>A state was asked to become one that cannot follow it.</summary>
public sealed class IllegalTransitionException(string from, string to)
    : InvalidOperationException($"{from} cannot become {to}.");
