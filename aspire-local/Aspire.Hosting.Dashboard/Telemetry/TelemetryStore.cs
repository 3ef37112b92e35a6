using Aspire.Hosting.Dashboard.Telemetry.Logs;
using Aspire.Hosting.Dashboard.Telemetry.Metrics;
using Aspire.Hosting.Dashboard.Telemetry.Traces;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Dashboard.Telemetry;

/// <summary>All telemetry of the session, in memory, within <see cref="TelemetryLimits"/>.</summary>
internal sealed class TelemetryStore(IOptions<TelemetryLimits> limits)
{
    public TelemetryLimits Limits { get; } = limits.Value;
    public TelemetrySourceCatalog Sources { get; } = new(limits.Value);
    public TraceStore Traces { get; } = new(limits.Value);
    public LogStore Logs { get; } = new(limits.Value);
    public MetricStore Metrics { get; } = new(limits.Value);

    /// <summary>Forgets everything, or what <paramref name="service"/> sent.</summary>
    public void Clear(string? service = null)
    {
        Traces.Clear(service);
        Logs.Clear(service);
        Metrics.Clear(service);
        if (service is null)
            Sources.Clear();
    }
}
