using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Where telemetry goes: to an OTLP receiver, if configuration names one that listens.</summary>
internal sealed class TelemetryEndpoint(IConfiguration configuration)
{
    private const string Secret = "AppHost:OtlpApiKey";

    /// <summary>Address and protocol of the receiver; null if there is none.</summary>
    public (string Url, string Protocol)? Receiver =>
        First("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "DOTNET_DASHBOARD_OTLP_ENDPOINT_URL") is { } grpc ? (grpc, "grpc")
        : First("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL") is { } http ? (http, "http/protobuf")
        : null;

    public string? Headers => configuration[Secret] is { Length: > 0 } key ? $"x-otlp-api-key={key}" : null;

    private string? First(params string[] keys) => keys.Select(key => configuration[key]).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}

internal static class OtlpEnvironment
{
    /// <summary>The OpenTelemetry variables of a process that is started here.</summary>
    public static IResourceBuilder<T> WithOtlpEnvironment<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment
    {
        var application = builder.ApplicationBuilder;
        if (builder.Resource is ProjectResource)
            builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (application.ExecutionContext.IsPublishMode)
            return builder;

        return builder.WithEnvironment(context =>
        {
            var variables = context.EnvironmentVariables;
            variables["OTEL_SERVICE_NAME"] = builder.Resource.Name;
            // Completed by the launcher, which knows the replica.
            variables["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=";
            var telemetry = new TelemetryEndpoint(application.Configuration);
            if (telemetry.Receiver is var (url, protocol))
            {
                variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = url;
                variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
                if (telemetry.Headers is { } headers)
                    variables["OTEL_EXPORTER_OTLP_HEADERS"] = headers;
            }
            if (!application.Environment.IsDevelopment())
                return;
            // A developer wants to see every trace, at once.
            foreach (var interval in (string[])["OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL"])
                variables[interval] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        });
    }
}
