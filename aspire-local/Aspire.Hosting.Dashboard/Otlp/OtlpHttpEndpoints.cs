using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace Aspire.Hosting.Dashboard.Otlp;

/// <summary>OTLP over HTTP: <c>POST /v1/traces</c>, <c>/v1/metrics</c>, <c>/v1/logs</c> with protobuf or JSON, plain or compressed.</summary>
internal static class OtlpHttpEndpoints
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    public static void MapOtlpHttp(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/traces", (HttpContext context, TraceIngestion ingestion) =>
            HandleAsync<ExportTraceServiceRequest>(context, ingestion.Ingest));
        routes.MapPost("/v1/metrics", (HttpContext context, MetricIngestion ingestion) =>
            HandleAsync<ExportMetricsServiceRequest>(context, ingestion.Ingest));
        routes.MapPost("/v1/logs", (HttpContext context, LogIngestion ingestion) =>
            HandleAsync<ExportLogsServiceRequest>(context, ingestion.Ingest));
    }

    private static async Task HandleAsync<TRequest>(HttpContext context, Func<TRequest, IMessage> ingest)
        where TRequest : IMessage<TRequest>, new()
    {
        var contentType = context.Request.GetTypedHeaders().ContentType?.MediaType.Value;
        var isJson = string.Equals(contentType, Json, StringComparison.OrdinalIgnoreCase);
        if (!isJson && !string.Equals(contentType, Protobuf, StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, isJson: true, StatusCodes.Status415UnsupportedMediaType,
                $"Content-Type '{contentType}' is not supported. Send {Protobuf} or {Json}.");
            return;
        }

        try
        {
            var body = await ReadBodyAsync(context);
            var request = isJson ? OtlpJson.Parse<TRequest>(body) : ParseProtobuf<TRequest>(body);
            await WriteAsync(context, isJson, StatusCodes.Status200OK, ingest(request));
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidJsonException or JsonException or InvalidDataException)
        {
            await RefuseAsync(context, isJson, StatusCodes.Status400BadRequest, $"The body is not a valid {typeof(TRequest).Name}: {error.Message}");
        }
        catch (BadHttpRequestException error)
        {
            await RefuseAsync(context, isJson, error.StatusCode, error.Message);
        }
    }

    private static T ParseProtobuf<T>(ReadOnlyMemory<byte> body) where T : IMessage<T>, new()
    {
        var message = new T();
        message.MergeFrom(body.Span);
        return message;
    }

    /// <summary>The size limit holds for what is read here, so also for what a compressed body unpacks to.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? long.MaxValue;
        using var buffer = new MemoryStream(capacity: (int)Math.Clamp(context.Request.ContentLength ?? 0, 0, 1 << 20));
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (buffer.Length + read > limit)
                throw new BadHttpRequestException($"The body is larger than {limit} bytes (Dashboard:TelemetryLimits:MaxRequestMegabytes).", StatusCodes.Status413PayloadTooLarge);
            buffer.Write(chunk, 0, read);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>An error body is a <c>google.rpc.Status</c>, as OTLP asks: code 3 is "invalid argument".</summary>
    public static Task RefuseAsync(HttpContext context, bool isJson, int statusCode, string message) =>
        WriteAsync(context, isJson, statusCode, new RpcStatus(3, message));

    private static Task WriteAsync(HttpContext context, bool isJson, int statusCode, IMessage message) =>
        WriteAsync(context, isJson, statusCode, isJson ? OtlpJson.Format(message) : message.ToByteArray());

    private static Task WriteAsync(HttpContext context, bool isJson, int statusCode, RpcStatus status) =>
        WriteAsync(context, isJson, statusCode, isJson ? JsonSerializer.SerializeToUtf8Bytes(new { code = status.Code, message = status.Message }) : status.ToProtobuf());

    private static async Task WriteAsync(HttpContext context, bool isJson, int statusCode, byte[] body)
    {
        context.Response.StatusCode = statusCode;
        context.Response.ContentType = isJson ? Json : Protobuf;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private sealed record RpcStatus(int Code, string Message)
    {
        public byte[] ToProtobuf()
        {
            using var buffer = new MemoryStream();
            using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            {
                output.WriteTag(1, WireFormat.WireType.Varint);
                output.WriteInt32(Code);
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteString(Message);
            }

            return buffer.ToArray();
        }
    }
}
