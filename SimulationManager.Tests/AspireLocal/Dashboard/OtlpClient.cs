using System.IO.Compression;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>Sends requests through the OTLP doors.</summary>
internal sealed class OtlpClient(DashboardProcess dashboard, string? key = DashboardProcess.ApiKey) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(dashboard.OtlpGrpc);
    private readonly HttpClient _http = new() { BaseAddress = dashboard.OtlpHttp };

    private Metadata Headers => key is null ? [] : new Metadata { { "x-otlp-api-key", key } };

    public async Task<ExportTraceServiceResponse> SendAsync(ExportTraceServiceRequest request, CancellationToken cancellationToken, bool compressed = false) =>
        await new TraceService.TraceServiceClient(_channel).ExportAsync(request, WithEncoding(compressed), cancellationToken: cancellationToken);

    public async Task<ExportLogsServiceResponse> SendAsync(ExportLogsServiceRequest request, CancellationToken cancellationToken) =>
        await new LogsService.LogsServiceClient(_channel).ExportAsync(request, Headers, cancellationToken: cancellationToken);

    public async Task<ExportMetricsServiceResponse> SendAsync(ExportMetricsServiceRequest request, CancellationToken cancellationToken) =>
        await new MetricsService.MetricsServiceClient(_channel).ExportAsync(request, Headers, cancellationToken: cancellationToken);

    public Task<HttpResponseMessage> PostAsync(string path, IMessage message, CancellationToken cancellationToken, bool compressed = false) =>
        PostAsync(path, message.ToByteArray(), "application/x-protobuf", cancellationToken, compressed);

    public async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string contentType, CancellationToken cancellationToken, bool compressed = false)
    {
        using var content = new ByteArrayContent(compressed ? Compress(body) : body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (compressed)
            content.Headers.ContentEncoding.Add("gzip");
        if (key is not null)
            content.Headers.Add("x-otlp-api-key", key);
        return await _http.PostAsync(path, content, cancellationToken);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _http.Dispose();
    }

    public static byte[] Compress(byte[] body)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
            gzip.Write(body);
        return buffer.ToArray();
    }

    private Metadata WithEncoding(bool compressed)
    {
        var headers = Headers;
        if (compressed)
            headers.Add("grpc-internal-encoding-request", "gzip");
        return headers;
    }
}
