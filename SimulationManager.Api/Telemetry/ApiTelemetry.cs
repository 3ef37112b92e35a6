using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SimulationManager.Api.Telemetry;

/// <summary>The API's own traces and metrics, both under the name <c>SimulationManager.Api</c>.</summary>
internal static class ApiTelemetry
{
    public const string Name = "SimulationManager.Api";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("simulation.api.refusals", "{request}", "Requests that were refused, by status");

    private static readonly Counter<long> SignIns = Meter.CreateCounter<long>("simulation.api.sign_ins", "{attempt}", "Attempts to sign in, by outcome");
    private static readonly Counter<long> Starts = Meter.CreateCounter<long>("simulation.api.executions_started", "{execution}", "Runs that were started");
    private static readonly UpDownCounter<long> EventStreams = Meter.CreateUpDownCounter<long>("simulation.api.event_streams", "{client}", "Clients that listen for events");

    private static readonly UpDownCounter<long> Viewers = Meter.CreateUpDownCounter<long>("simulation.api.viewers", "{client}", "Clients that watch what agents put out");

    private static readonly Histogram<long> Bundles =
        Meter.CreateHistogram<long>("simulation.api.bundle_size", "By", "Size of the bundles that were taken in");

    private static readonly Counter<long> Swept = Meter.CreateCounter<long>("simulation.api.objects_swept", "{object}", "Objects in S3 that nothing referred to");

    public static ActivitySource Activities { get; } = new(Name);

    public static void CountRefusal(int status) => Refusals.Add(1, new KeyValuePair<string, object?>("http.response.status_code", status));

    public static void CountSignIn(bool succeeded) => SignIns.Add(1, new KeyValuePair<string, object?>("outcome", succeeded ? "success" : "refused"));

    public static void CountStart() => Starts.Add(1);

    public static void RecordBundle(long bytes) => Bundles.Record(bytes);

    public static void CountSwept() => Swept.Add(1);

    /// <summary>Counts a client until it is disposed.</summary>
    public static IDisposable CountEventStream()
    {
        EventStreams.Add(1);
        return new Counted(EventStreams);
    }

    /// <inheritdoc cref="CountEventStream"/>
    public static IDisposable CountViewer()
    {
        Viewers.Add(1);
        return new Counted(Viewers);
    }

    private sealed class Counted(UpDownCounter<long> counter) : IDisposable
    {
        public void Dispose() => counter.Add(-1);
    }
}
