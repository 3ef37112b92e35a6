using Aspire.Hosting.Dashboard.Access;
using Aspire.Hosting.Dashboard.Queries;
using Aspire.Hosting.Dashboard.Resources;
using Aspire.Hosting.Dashboard.Telemetry;
using Aspire.Hosting.Dashboard.Telemetry.Logs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Aspire.Hosting.Dashboard.Data;

/// <summary>What the pages show, as JSON for scripts and tests, and a session's telemetry as a file.</summary>
internal static class DataEndpoints
{
    private const int DefaultLimit = 200;
    private const int MaxLimit = 10_000;
    private const long MaxImportBytes = 512L * 1024 * 1024;

    public static void MapData(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api").RequireAuthorization(FrontendAccess.Policy);
        api.MapGet("/resources", Resources);
        api.MapPost("/resources/{name}/commands/{command}", ExecuteAsync);
        api.MapGet("/traces", Traces);
        api.MapGet("/traces/{traceId}", Trace);
        api.MapGet("/logs", Logs);
        api.MapGet("/metrics", Metrics);
        api.MapGet("/status", Status);
        api.MapGet("/export", ExportAsync);
        api.MapPost("/import", ImportAsync).DisableAntiforgery();
        api.MapDelete("/telemetry", (TelemetryStore store, string? resource) => store.Clear(resource));
    }

    private static Ok<ResourceView[]> Resources(ResourceBoard board, bool reveal = false) =>
        TypedResults.Ok(reveal ? board.Resources : [.. board.Resources.Select(Masking.WithoutSecrets)]);

    private static async Task<IResult> ExecuteAsync(
        string name, string command, ResourceBoard board, ResourceServiceClient client, CancellationToken cancellationToken)
    {
        if (board.Find(name) is not { } resource)
            return TypedResults.NotFound(new { error = $"There is no resource '{name}'. There are: {string.Join(", ", board.Resources.Select(known => known.Name))}." });
        var outcome = await client.ExecuteAsync(resource.Name, command, cancellationToken);
        return outcome.Success ? TypedResults.Ok(outcome) : TypedResults.UnprocessableEntity(outcome);
    }

    private static Results<Ok<Page>, BadRequest<Problem>> Traces(
        TelemetryStore store, string? resource, string? text, bool errors = false, double minMs = 0, [FromQuery] string[]? filter = null, int limit = DefaultLimit, int offset = 0)
    {
        if (Invalid(limit, offset) is { } problem)
            return TypedResults.BadRequest(problem);
        var found = new TraceQuery
        {
            Resource = resource,
            Text = text,
            OnlyErrors = errors,
            MinimumDuration = TimeSpan.FromMilliseconds(Math.Clamp(double.IsNaN(minMs) ? 0 : minMs, 0, 1e9)),
            Conditions = AttributeCondition.ParseAll(filter),
        }.Run(store.Traces);
        return TypedResults.Ok(Page.Of(found, limit, offset, TelemetryJson.Of));
    }

    private static Results<Ok<object>, NotFound<Problem>> Trace(string traceId, TelemetryStore store) =>
        TraceId.TryParse(traceId, out var id) && store.Traces.Find(id) is { } spans
            ? TypedResults.Ok<object>(new { traceId = id.ToString(), spans = spans.Select(TelemetryJson.Of) })
            : TypedResults.NotFound(new Problem($"There is no trace '{traceId}'. It may have been evicted; its id has 32 hexadecimal digits."));

    private static Results<Ok<Page>, BadRequest<Problem>> Logs(
        TelemetryStore store, string? resource, string? level, string? text, string? traceId, string? spanId, [FromQuery] string[]? filter = null, int limit = DefaultLimit, int offset = 0)
    {
        if (Invalid(limit, offset) is { } problem)
            return TypedResults.BadRequest(problem);
        var severity = LogSeverity.Unspecified;
        if (!string.IsNullOrEmpty(level) && (!Enum.TryParse(level, ignoreCase: true, out severity) || !Enum.IsDefined(severity)))
            return TypedResults.BadRequest(new Problem($"level is '{level}'; it can be {string.Join(", ", Enum.GetNames<LogSeverity>())}."));
        TraceId trace = default;
        if (!string.IsNullOrEmpty(traceId) && !TraceId.TryParse(traceId, out trace))
            return TypedResults.BadRequest(new Problem($"traceId is '{traceId}'; it has to be 32 hexadecimal digits."));
        SpanId span = default;
        if (!string.IsNullOrEmpty(spanId) && !SpanId.TryParse(spanId, out span))
            return TypedResults.BadRequest(new Problem($"spanId is '{spanId}'; it has to be 16 hexadecimal digits."));
        var query = new LogQuery { Resource = resource, MinimumSeverity = severity, Text = text, TraceId = trace, SpanId = span, Conditions = AttributeCondition.ParseAll(filter) };
        return TypedResults.Ok(Page.Of(query.Run(store.Logs), limit, offset, TelemetryJson.Of));
    }

    /// <summary>The instruments; with <paramref name="name"/> those of that name with all their points.</summary>
    private static Ok<Page> Metrics(TelemetryStore store, string? resource, string? meter, string? name)
    {
        bool Matches(Telemetry.Metrics.InstrumentKey key) =>
            (string.IsNullOrEmpty(resource) || key.Source.Matches(resource))
            && (string.IsNullOrEmpty(meter) || key.Meter == meter)
            && (string.IsNullOrEmpty(name) || key.Name == name);
        return TypedResults.Ok(string.IsNullOrEmpty(name)
            ? Page.Of([.. store.Metrics.Instruments().Where(instrument => Matches(instrument.Key))], int.MaxValue, 0, TelemetryJson.Of)
            : Page.Of(store.Metrics.Find(Matches), int.MaxValue, 0, TelemetryJson.Of));
    }

    private static Ok<object> Status(TelemetryStore store, ResourceBoard board) => TypedResults.Ok<object>(new
    {
        appHost = board.Link.ToString(),
        spansReceived = store.Traces.SpansReceived,
        tracesEvicted = store.Traces.TracesEvicted,
        traceBytes = store.Traces.EstimatedBytes,
        logsReceived = store.Logs.Received,
        logsEvicted = store.Logs.Evicted,
        logBytes = store.Logs.EstimatedBytes,
        metricSeries = store.Metrics.SeriesCount,
        metricPoints = store.Metrics.PointCount,
        workingSetBytes = Environment.WorkingSet,
        managedBytes = GC.GetTotalMemory(forceFullCollection: false),
    });

    // A zip entry ends with synchronous writes, which a response does not allow, so the archive goes to a file first.
    private static async Task<FileStreamHttpResult> ExportAsync(SessionArchive archive, TimeProvider clock, CancellationToken cancellationToken)
    {
        var file = OpenTemporaryFile();
        try
        {
            await archive.ExportAsync(file, cancellationToken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        file.Position = 0;
        return TypedResults.Stream(file, "application/zip", $"telemetry-{clock.GetUtcNow():yyyyMMdd-HHmmss}.zip");
    }

    private static async Task<IResult> ImportAsync(HttpContext context, SessionArchive archive)
    {
        // An archive is read from its end, so it goes to a file first.
        await using var file = OpenTemporaryFile();
        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaxImportBytes;
        try
        {
            await context.Request.Body.CopyToAsync(file, context.RequestAborted);
            file.Position = 0;
            return TypedResults.Ok(await archive.ImportAsync(file, context.RequestAborted));
        }
        catch (InvalidDataException error)
        {
            return TypedResults.BadRequest(new Problem($"The body is not a zip archive that GET /api/export made: {error.Message}"));
        }
    }

    /// <summary>A file that is gone when it is closed.</summary>
    private static FileStream OpenTemporaryFile() =>
        new(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);

    private static Problem? Invalid(int limit, int offset) =>
        limit is < 1 or > MaxLimit || offset < 0 ? new Problem($"limit has to be 1 to {MaxLimit} and offset 0 or more.") : null;

    internal sealed record Problem(string Error);

    internal sealed record Page(int Total, IEnumerable<object> Items)
    {
        public static Page Of<T>(T[] found, int limit, int offset, Func<T, object> shape) =>
            new(found.Length, found.Skip(offset).Take(limit).Select(shape));
    }
}
