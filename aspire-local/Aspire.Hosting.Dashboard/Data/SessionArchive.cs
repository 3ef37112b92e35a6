using System.IO.Compression;
using System.Text.Json;
using Aspire.Hosting.Dashboard.Otlp;
using Aspire.Hosting.Dashboard.Resources;
using Aspire.Hosting.Dashboard.Telemetry;
using Google.Protobuf;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;

namespace Aspire.Hosting.Dashboard.Data;

/// <summary>How much an import took in.</summary>
internal sealed record ImportResult(int Files, string[] Problems);

/// <summary>
/// A session's telemetry as a zip of OTLP/JSON requests, split so that each also fits an OTLP receiver's size limit:
/// <c>traces/</c>, <c>logs/</c>, <c>metrics/</c>, and <c>resources.json</c> (without secrets) to look at.
/// </summary>
internal sealed class SessionArchive(
    TelemetryStore store, ResourceBoard board, TraceIngestion traces, LogIngestion logs, MetricIngestion metrics)
{
    private const int EntriesPerFile = 2_000;
    private const int MaxFiles = 10_000;

    public async Task ExportAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var archive = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, null, cancellationToken);
        var spans = store.Traces.Summaries().Reverse().SelectMany(trace => store.Traces.Find(trace.TraceId) ?? []);
        var number = 0;
        foreach (var chunk in spans.Chunk(EntriesPerFile))
        {
            var request = new ExportTraceServiceRequest { ResourceSpans = { chunk.GroupBy(span => span.Source).Select(group => OtlpExport.ToProto(group.Key, group)) } };
            await WriteAsync(archive, $"traces/{++number:D5}.json", OtlpJson.Format(request), cancellationToken);
        }

        number = 0;
        foreach (var chunk in store.Logs.Snapshot().Chunk(EntriesPerFile))
        {
            var request = new ExportLogsServiceRequest { ResourceLogs = { chunk.GroupBy(record => record.Source).Select(group => OtlpExport.ToProto(group.Key, group)) } };
            await WriteAsync(archive, $"logs/{++number:D5}.json", OtlpJson.Format(request), cancellationToken);
        }

        number = 0;
        foreach (var source in store.Metrics.Find(_ => true).GroupBy(instrument => instrument.Key.Source))
        {
            foreach (var instruments in source.Chunk(20))
            {
                var request = new ExportMetricsServiceRequest { ResourceMetrics = { OtlpExport.ToProto(source.Key, instruments) } };
                await WriteAsync(archive, $"metrics/{++number:D5}.json", OtlpJson.Format(request), cancellationToken);
            }
        }

        var resources = board.Resources.Select(Masking.WithoutSecrets).ToArray();
        await WriteAsync(archive, "resources.json", JsonSerializer.SerializeToUtf8Bytes(resources, ResourceContractJson.Default.ResourceViewArray), cancellationToken);
    }

    /// <summary>Adds an export's telemetry to what is kept. A file that is not OTLP/JSON is named and left out; the rest is taken.</summary>
    /// <exception cref="InvalidDataException">The stream is not a zip archive.</exception>
    public async Task<ImportResult> ImportAsync(Stream input, CancellationToken cancellationToken)
    {
        await using var archive = await ZipArchive.CreateAsync(input, ZipArchiveMode.Read, leaveOpen: true, null, cancellationToken);
        var problems = new List<string>();
        var files = 0;
        foreach (var entry in archive.Entries.Take(MaxFiles))
        {
            if (Reader(entry.FullName) is not { } ingest)
                continue;
            try
            {
                ingest(await ReadAsync(entry, cancellationToken));
                files++;
            }
            catch (Exception error) when (error is JsonException or InvalidProtocolBufferException or InvalidJsonException or InvalidDataException)
            {
                problems.Add($"{entry.FullName}: {error.Message}");
            }
        }

        if (files == 0 && problems.Count == 0)
            problems.Add("The archive holds no traces/*.json, logs/*.json or metrics/*.json.");
        return new ImportResult(files, [.. problems]);
    }

    private Action<byte[]>? Reader(string name) => !name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? null : name.Split('/')[0] switch
    {
        "traces" => json => traces.Ingest(OtlpJson.Parse<ExportTraceServiceRequest>(json)),
        "logs" => json => logs.Ingest(OtlpJson.Parse<ExportLogsServiceRequest>(json)),
        "metrics" => json => metrics.Ingest(OtlpJson.Parse<ExportMetricsServiceRequest>(json)),
        _ => null,
    };

    private async Task<byte[]> ReadAsync(ZipArchiveEntry entry, CancellationToken cancellationToken)
    {
        // The size that an archive states may be a lie, so count what really comes out.
        var limit = store.Limits.MaxRequestMegabytes * 4L * 1024 * 1024;
        await using var stream = await entry.OpenAsync(cancellationToken);
        using var buffer = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > limit)
                throw new InvalidDataException($"larger than {limit} bytes");
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static async Task WriteAsync(ZipArchive archive, string name, byte[] content, CancellationToken cancellationToken)
    {
        await using var entry = await archive.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken);
        await entry.WriteAsync(content, cancellationToken);
    }
}
