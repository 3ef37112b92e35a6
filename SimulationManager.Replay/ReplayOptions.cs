namespace SimulationManager.Replay;

/// <summary>What happens to messages that the machine is too slow for.</summary>
public enum OverloadPolicy
{
    /// <summary>Late messages go out late, in order, none is lost; the agent catches up when it can.</summary>
    Delay,

    /// <summary>A message later than <see cref="ReplayOptions.DropAfter"/> is not sent, and counted for its topic.</summary>
    Drop,
}

/// <summary>Settings of a replay engine.</summary>
public sealed class ReplayOptions
{
    /// <summary>The name of their section in configuration.</summary>
    public const string Section = "Replay";

    /// <summary>Threads that drive the agents; 0: one per processor, at most 8.</summary>
    public int Lanes { get; set; }

    /// <summary>
    /// Shortest time between two wake-ups of a busy lane. Messages that fall due within it go out together: it bounds both
    /// the lateness that batching adds and the share of a core that waking up costs. 0–10 ms.
    /// </summary>
    public TimeSpan WakeInterval { get; set; } = TimeSpan.FromMicroseconds(250);

    /// <summary>Delay or drop what the machine is too slow for.</summary>
    public OverloadPolicy Overload { get; set; } = OverloadPolicy.Delay;

    /// <summary>With <see cref="OverloadPolicy.Drop"/>: how late a message may go out; greater than 0.</summary>
    public TimeSpan DropAfter { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Lateness from which the engine reports that the machine cannot keep up.</summary>
    public TimeSpan OverloadAfter { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The number of lanes to run on this machine.</summary>
    internal int EffectiveLanes() => Lanes > 0 ? Lanes : Math.Clamp(Environment.ProcessorCount, 1, 8);
}
