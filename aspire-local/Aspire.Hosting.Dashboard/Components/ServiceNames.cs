using Aspire.Hosting.Dashboard.Telemetry;

namespace Aspire.Hosting.Dashboard.Components;

internal static class ServiceNames
{
    /// <summary>What a resource filter offers: senders for which <paramref name="has"/> holds, a service with several instances also by instance.</summary>
    public static IReadOnlyList<string> Of(TelemetryStore store, Func<TelemetrySource, bool> has) =>
    [
        .. store.Sources.Snapshot().Where(has).GroupBy(source => source.Name, StringComparer.Ordinal)
            .SelectMany(service => service.Count() == 1
                ? [service.Key]
                : service.Where(source => source.InstanceId is not null).Select(source => $"{source.Name}-{source.InstanceId}").Prepend(service.Key)),
    ];
}
