using System.Diagnostics;

namespace SimulationManager.Worker.Telemetry;

/// <summary>Spans of the worker: execution, part, endpoints.</summary>
internal static class WorkerTelemetry
{
    public const string SourceName = "SimulationManager.Worker";

    public static ActivitySource Activities { get; } = new(SourceName);
}
