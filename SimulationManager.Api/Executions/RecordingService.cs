using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Executions;

/// <summary>What runs have recorded of the system under test.</summary>
public sealed class RecordingService(RobotDbContext database, BundleStore store)
{
    private const string ContentType = "application/octet-stream";
    private const string WorkerLost = "the worker that listened was lost, or the run's coordination moved";

    /// <summary>A run's recordings; while it goes on, those that are stored.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<RecordingList> ListAsync(long simulationId, long executionId, CancellationToken cancellationToken)
    {
        if (!await database.Executions.AnyAsync(execution => execution.Id == executionId && execution.SimulationId == simulationId, cancellationToken))
            throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        var rows = await ReadAsync(executionId, cancellationToken);
        return new RecordingList
        {
            Recordings =
            [
                .. rows.Where(row => row.FileName is not null).Select(row => new RecordingView
                {
                    FileName = row.FileName!,
                    Endpoint = row.Endpoint,
                    From = row.From,
                    To = row.To,
                    Size = row.Size,
                    Messages = row.Topics.Sum(topic => topic.Messages),
                }),
            ],
            Listening = Report(rows),
        };
    }

    /// <summary>What a run has heard, by endpoint and topic; null: it has stored nothing.</summary>
    public async Task<IReadOnlyList<ListeningReport>?> ReportAsync(long executionId, CancellationToken cancellationToken) =>
        await ReadAsync(executionId, cancellationToken) is { Count: > 0 } rows ? Report(rows) : null;

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

    private static IReadOnlyList<ListeningReport> Report(IReadOnlyList<ExecutionRecording> rows) =>
    [
        .. rows.GroupBy(row => row.Listener).OrderBy(listener => listener.Key).Select(listener => new ListeningReport
        {
            Endpoint = listener.First().Endpoint,
            Messages = listener.Sum(row => row.Topics.Sum(topic => topic.Messages)),
            Bytes = listener.Sum(row => row.Topics.Sum(topic => topic.Bytes)),
            Missed = listener.Sum(row => row.MissedElsewhere + row.Topics.Sum(topic => topic.Missed)),
            Topics = [.. listener.SelectMany(row => row.Topics).GroupBy(topic => (topic.Topic, topic.Type, topic.Encoding)).Select(topic => topic.Aggregate(Sum)).OrderBy(topic => topic.Topic, StringComparer.Ordinal)],
            Gaps = [.. listener.SelectMany(row => row.Gaps).Concat(GapsBetween([.. listener])).OrderBy(gap => gap.From)],
            Error = listener.Last().Error,
        }),
    ];

    private static RecordedTopic Sum(RecordedTopic one, RecordedTopic other) => one with
    {
        Messages = one.Messages + other.Messages,
        Bytes = one.Bytes + other.Bytes,
        Missed = one.Missed + other.Missed,
        First = one.First is null || other.First < one.First ? other.First ?? one.First : one.First,
        Last = one.Last is null || other.Last > one.Last ? other.Last ?? one.Last : one.Last,
    };

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
