namespace SimulationManager.Hosting.Kubernetes.Settings;

/// <summary>How the kubelet asks a container how it is.</summary>
/// <param name="Startup">Until this answers, the other two wait.</param>
/// <param name="Readiness">While this fails, no traffic is sent.</param>
/// <param name="Liveness">When this fails, the container is restarted.</param>
public sealed record ProbeSet(Probe Startup, Probe Readiness, Probe Liveness)
{
    /// <summary>Probes of a web service: <c>/alive</c> for start and life, <c>/health</c> for readiness.</summary>
    public static ProbeSet Web(string portName, string alive, string ready) => new(
        new HttpProbe(alive, portName) { PeriodSeconds = 2, FailureThreshold = 60 },
        new HttpProbe(ready, portName) { PeriodSeconds = 5, TimeoutSeconds = 5 },
        new HttpProbe(alive, portName) { PeriodSeconds = 10, TimeoutSeconds = 3 });

    /// <summary>Probes that run the same command inside the container for all three.</summary>
    public static ProbeSet Command(params string[] command) => new(
        new CommandProbe(command) { PeriodSeconds = 2, TimeoutSeconds = 5, FailureThreshold = 60 },
        new CommandProbe(command) { PeriodSeconds = 5, TimeoutSeconds = 5 },
        new CommandProbe(command) { PeriodSeconds = 15, TimeoutSeconds = 5, FailureThreshold = 6 });
}

/// <summary>One probe.</summary>
public abstract record Probe
{
    public int PeriodSeconds { get; init; } = 10;

    public int TimeoutSeconds { get; init; } = 2;

    /// <summary>Failures in a row that count as one.</summary>
    public int FailureThreshold { get; init; } = 3;
}

/// <summary>A GET that must answer 2xx or 3xx.</summary>
public sealed record HttpProbe(string Path, string PortName) : Probe;

/// <summary>A command that must end with 0.</summary>
public sealed record CommandProbe(IReadOnlyList<string> Command) : Probe;
