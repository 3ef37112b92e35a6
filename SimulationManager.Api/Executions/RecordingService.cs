using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Executions;

/// <summary>What runs have recorded of the system under test, and of their own agents.</summary>
public sealed class RecordingService(RobotDbContext database, BundleStore store)
{
    private const string ContentType = "application/octet-stream";
    private const string WorkerLost = "the worker that listened was lost, or the run's coordination moved";

    private const string AgentsLost = "the worker that played agents was lost with what it had not stored yet";

    /// <summary>A run's recordings; while it goes on, those that are stored.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<RecordingList> ListAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        var run = await database.Executions.Where(execution => execution.Id == executionId && execution.SimulationId == simulationId)
            .Select(execution => new { execution.EndedAt }).SingleOrDefaultAsync(cancellationToken) ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        var rows = await ReadAsync(executionId, cancellationToken);
        return new RecordingList
        {
            Recordings =
            [
                .. rows.Where(row => row.FileName is not null).Select(row => new RecordingView
                {
                    FileName = row.FileName!,
                    Kind = row.Kind == RecordingKind.Heard ? "heard" : "published",
                    Endpoint = row.Endpoint,
                    Agent = row.Agent,
                    From = row.From,
                    To = row.To,
                    Size = row.Size,
                    Messages = row.Topics.Sum(topic => topic.Messages),
                }),
            ],
            Listening = HeardOf(rows),
            Recorded = PublishedOf(rows, run.EndedAt),
        };
    }

    /// <summary>What a run has heard, by endpoint and topic, and what its agents put out, as far as it is stored; null: nothing is.</summary>
    /// <param name="executionId">The run.</param>
    /// <param name="endedAt">When it ended; null: it goes on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(IReadOnlyList<ListeningReport>? Heard, RecordedReport? Published)> ReportAsync(long executionId, DateTimeOffset? endedAt, CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(executionId, cancellationToken);
        return (HeardOf(rows) is { Count: > 0 } heard ? heard : null, PublishedOf(rows, endedAt));
    }

    /// <summary>Sends a file, or the part of it that is asked for.</summary>
    /// <exception cref="RefusalException">There is no such recording of this run (404).</exception>
    public async Task<IResult> OpenAsync(long simulationId, long executionId, string file, CancellationToken cancellationToken)
    {
        var size = await database.ExecutionRecordings
            .Where(recording => recording.ExecutionId == executionId && recording.FileName == file)
            .Where(recording => database.Executions.Any(execution => execution.Id == executionId && execution.SimulationId == simulationId))
            .Select(recording => (long?)recording.Size).SingleOrDefaultAsync(cancellationToken)
            ?? throw Refuse.NotFound(Messages.RecordingNotFound, file);
        // A file of this name is never written again.
        return TypedResults.Stream(
            new ObjectStream(store, ExecutionRecording.KeyOf(executionId, file), size), ContentType, file, entityTag: new EntityTagHeaderValue($"\"{file}\""), enableRangeProcessing: true);
    }

    private Task<List<ExecutionRecording>> ReadAsync(long executionId, CancellationToken cancellationToken) => database.ExecutionRecordings.AsNoTracking()
        .Where(recording => recording.ExecutionId == executionId).OrderBy(recording => recording.From).ThenBy(recording => recording.To).ToListAsync(cancellationToken);

    private static IReadOnlyList<ListeningReport> HeardOf(IReadOnlyList<ExecutionRecording> rows) =>
    [
        .. rows.Where(row => row.Kind == RecordingKind.Heard).GroupBy(row => row.Listener).OrderBy(listener => listener.Key).Select(listener => new ListeningReport
        {
            Endpoint = listener.First().Endpoint,
            Messages = listener.Sum(row => row.Topics.Sum(topic => topic.Messages)),
            Bytes = listener.Sum(row => row.Topics.Sum(topic => topic.Bytes)),
            Missed = listener.Sum(row => row.MissedElsewhere + row.Topics.Sum(topic => topic.Missed)),
            Topics = [.. RecordedTopic.SumAll(listener.SelectMany(row => row.Topics))],
            Gaps = [.. listener.SelectMany(row => row.Gaps).Concat(GapsBetween([.. listener])).OrderBy(gap => gap.From)],
            Error = listener.Last().Error,
        }),
    ];

    private static RecordedReport? PublishedOf(IReadOnlyList<ExecutionRecording> all, DateTimeOffset? endedAt)
    {
        ExecutionRecording[] rows = [.. all.Where(row => row.Kind == RecordingKind.Published)];
        if (rows.Length == 0) return null;
        return new RecordedReport
        {
            Messages = rows.Sum(row => row.Topics.Sum(topic => topic.Messages)),
            Bytes = rows.Sum(row => row.Topics.Sum(topic => topic.Bytes)),
            Missed = rows.Sum(row => row.MissedElsewhere + row.Topics.Sum(topic => topic.Missed)),
            Topics = [.. RecordedTopic.SumAll(rows.SelectMany(row => row.Topics))],
            Gaps = endedAt is null ? [] : [.. GapsOfLost(rows, endedAt.Value).OrderBy(gap => gap.From)],
            Error = rows.LastOrDefault(row => row.Error is not null)?.Error,
        };
    }

    /// <summary>A worker that was lost has no last row: what it put out after the last one that it has is lost with it, until its agents went on elsewhere at the latest.</summary>
    private static IEnumerable<ListeningGap> GapsOfLost(ExecutionRecording[] rows, DateTimeOffset endedAt)
    {
        foreach (var silo in rows.GroupBy(row => row.Silo).Where(silo => !silo.MaxBy(row => (row.To, row.IsLast))!.IsLast))
        {
            var from = silo.Max(row => row.To);
            var to = rows.Where(row => row.Silo != silo.Key && row.From > from).Select(row => (DateTimeOffset?)row.From).Min() ?? endedAt;
            if (to > from) yield return new ListeningGap(from, to, AgentsLost);
        }
    }

    /// <summary>One worker's rows follow each other without a gap.</summary>
    private static IEnumerable<ListeningGap> GapsBetween(ExecutionRecording[] rows)
    {
        for (var (index, until) = (1, rows[0].To); index < rows.Length; index++)
        {
            if (rows[index].From > until) yield return new ListeningGap(until, rows[index].From, WorkerLost);
            if (rows[index].To > until) until = rows[index].To;
        }
    }
}
