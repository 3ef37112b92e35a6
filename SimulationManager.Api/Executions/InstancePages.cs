using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Data;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Executions;

/// <summary>
/// Pages of a run's agents. Those of ended parts are rows, those of running parts are in Redis, the others are foreseen by the plan;
/// of each only what the page needs is read.
/// </summary>
public sealed partial class InstancePages(RobotDbContext database, ExecutionStates states, LiveAgentStore live, ILogger<InstancePages> logger)
{
    /// <summary>A page of a run's agents by their number.</summary>
    /// <exception cref="RefusalException">There is no such run of this simulation (404).</exception>
    public async Task<InstancePage> ListAsync(long simulationId, long executionId, AgentFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        var row = await database.Executions.AsNoTracking().Include(execution => execution.Parts)
            .SingleOrDefaultAsync(execution => execution.Id == executionId && execution.SimulationId == simulationId, cancellationToken)
            ?? throw Refuse.NotFound(Messages.ExecutionNotFound, executionId);
        var state = await states.OfRowAsync(row);
        var parts = PlannedAgents.Of(row, state);
        return filter.Status is { } status
            ? await ListAsync(row, parts, PatternWords.RunStatusByWord[status], page, cancellationToken)
            : await ListAsync(row, parts, page, cancellationToken);
    }

    /// <summary>Numbers have no gaps: the page is a range of them.</summary>
    private async Task<InstancePage> ListAsync(Execution row, IReadOnlyList<PlannedAgents> parts, PageRequest page, CancellationToken cancellationToken)
    {
        var total = parts[^1].Last;
        List<InstanceReport> reports = [];
        foreach (var part in parts)
        {
            var first = Math.Max(part.First, page.Offset + 1);
            var last = Math.Min(part.Last, page.Offset + page.Size);
            if (first <= last) reports.AddRange(await ReportsAsync(row, part, first, last, cancellationToken));
        }
        return new InstancePage(reports, Pagination.Of(page, total));
    }

    /// <summary>Counts the agents of each range that are so, and reads those that the page holds.</summary>
    private async Task<InstancePage> ListAsync(
        Execution row, IReadOnlyList<PlannedAgents> parts, RunStatus wanted, PageRequest page, CancellationToken cancellationToken)
    {
        var rows = await database.ExecutionInstances.Where(instance => instance.ExecutionId == row.Id)
            .GroupBy(instance => new { instance.PartNumber, instance.Status })
            .Select(group => new { group.Key.PartNumber, group.Key.Status, Count = group.LongCount() })
            .ToListAsync(cancellationToken);
        List<InstanceReport> reports = [];
        long before = 0;
        foreach (var part in parts)
        {
            var written = rows.Where(count => count.PartNumber == part.Number).ToList();
            var skip = Math.Max(0, page.Offset - before);
            var room = page.Size - reports.Count;
            if (written.Count > 0)
            {
                var matching = part.IsWhole ? written.Where(count => count.Status == wanted).Sum(count => count.Count) : await RowsOf(row, part, wanted).LongCountAsync(cancellationToken);
                if (skip < matching && room > 0) reports.AddRange(await RowsAsync(row, part, wanted, (int)skip, room, cancellationToken));
                before += matching;
            }
            else if (part.Live.Status == RunStatus.Running)
            {
                var matching = (await ReportsAsync(row, part, part.First, part.Last, cancellationToken)).Where(report => report.Status == wanted.ToWire()).ToList();
                reports.AddRange(matching.Skip((int)Math.Min(skip, int.MaxValue)).Take(room));
                before += matching.Count;
            }
            else if (part.Live.Status == wanted)
            {
                var first = part.First + skip;
                for (var id = first; id <= part.Last && id < first + room; id++) reports.Add(InstanceReports.Foreseen(row, part, id));
                before += part.Count;
            }
        }
        return new InstancePage(reports, Pagination.Of(page, before));
    }

    private async Task<IReadOnlyList<InstanceReport>> ReportsAsync(Execution row, PlannedAgents part, long first, long last, CancellationToken cancellationToken)
    {
        var written = part.Live.Status == RunStatus.Pending
            ? []
            : await database.ExecutionInstances.AsNoTracking()
                .Where(instance => instance.ExecutionId == row.Id && instance.InstanceId >= first && instance.InstanceId <= last)
                .ToDictionaryAsync(instance => instance.InstanceId, cancellationToken);
        var playing = part.Live.Status == RunStatus.Running && written.Count == 0 ? await TryReadAsync(row.Id, first, last) : null;
        List<InstanceReport> reports = [];
        for (var id = first; id <= last; id++)
        {
            reports.Add(written.TryGetValue(id, out var outcome) ? InstanceReports.Ended(row, outcome)
                : playing is not null && playing.TryGetValue(id, out var agent) ? InstanceReports.Playing(row, part, agent.Agent, agent.Cohort)
                : InstanceReports.Foreseen(row, part, id));
        }
        return reports;
    }

    private async Task<IEnumerable<InstanceReport>> RowsAsync(
        Execution row, PlannedAgents part, RunStatus wanted, int skip, int take, CancellationToken cancellationToken)
    {
        var rows = await RowsOf(row, part, wanted)
            .OrderBy(instance => instance.InstanceId).Skip(skip).Take(take).ToListAsync(cancellationToken);
        return rows.Select(instance => InstanceReports.Ended(row, instance));
    }

    private IQueryable<ExecutionInstance> RowsOf(Execution row, PlannedAgents part, RunStatus wanted) => database.ExecutionInstances.AsNoTracking()
        .Where(instance => instance.ExecutionId == row.Id && instance.InstanceId >= part.First && instance.InstanceId <= part.Last && instance.Status == wanted);

    private async Task<IReadOnlyDictionary<long, (LiveAgent Agent, LiveCohort Cohort)>?> TryReadAsync(long executionId, long first, long last)
    {
        try
        {
            return await live.ReadAsync(executionId, first, last);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogRedisAway(logger, exception);
            return null;
        }
    }

    [LoggerMessage(502, LogLevel.Debug, "Redis is away: agents are shown as their steps and groups stand")]
    private static partial void LogRedisAway(ILogger logger, Exception exception);
}
