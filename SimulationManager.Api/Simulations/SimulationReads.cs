using Microsoft.AspNetCore.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>What many ask about all simulations at once, read once for those who ask together.</summary>
public sealed class SimulationReads : IDisposable
{
    /// <summary>Differs when an id or a name does (but for one chance in 2^64): counting and hashing takes a fraction of reading and writing them all.</summary>
    private const string Fingerprint = "SELECT count(*) AS \"Count\", coalesce(bit_xor(hashtextextended(name, id)), 0) AS \"Hash\"";

    private const string SummaryFingerprint = $"{Fingerprint} FROM simulations WHERE deleted_at IS NULL";

    /// <summary>Columns in one row: what is done anew with each of ten thousand rows takes longer than reading them.</summary>
    private const string Summary = $"""
        {Fingerprint}, coalesce(array_agg(id), ARRAY[]::bigint[]) AS "Ids", coalesce(array_agg(name), ARRAY[]::text[]) AS "Names"
        FROM (SELECT id, name FROM simulations WHERE deleted_at IS NULL ORDER BY created_at DESC, id DESC) AS newest_first
        """;

    private readonly SharedRead<ValueTuple, SimulationOverview> _overview;
    private readonly SharedRead<ValueTuple, WrittenJson> _summary;
    private readonly SharedRead<PageRequest, SimulationPage> _pages;

    /// <summary>Pages that are asked for together may all be different ones: they are not to take every connection.</summary>
    private readonly SemaphoreSlim _pageReads = new(8);

    private readonly IOptions<JsonOptions> _json;

    /// <summary>The last summary and what it was made of; there is one read at a time.</summary>
    private (SummaryFingerprintRow Of, WrittenJson Json)? _lastSummary;

    /// <summary>How many there were at the last count; 0 before the first. It may be out of date.</summary>
    private long _lastTotal;

    public SimulationReads(IServiceScopeFactory scopes, IOptions<JsonOptions> json)
    {
        _json = json;
        _overview = new(scopes, (database, _) => CountAsync(database));
        _summary = new(scopes, (database, _) => SummarizeAsync(database));
        _pages = new(scopes, ReadPageAsync);
    }

    /// <summary>The counts of all simulations that are not deleted.</summary>
    public Task<SimulationOverview> GetOverviewAsync(CancellationToken cancellationToken) => _overview.GetAsync(default, cancellationToken);

    /// <summary>Ids and names, the newest first: a list of <see cref="SimulationSummary"/>.</summary>
    public Task<WrittenJson> GetSummaryAsync(CancellationToken cancellationToken) => _summary.GetAsync(default, cancellationToken);

    /// <summary>A page of all that are not deleted, the newest first, and the counts of all.</summary>
    public Task<SimulationPage> GetPageAsync(PageRequest page, CancellationToken cancellationToken) => _pages.GetAsync(page, cancellationToken);

    public void Dispose() => _pageReads.Dispose();

    private async Task<WrittenJson> SummarizeAsync(RobotDbContext database)
    {
        if (_lastSummary is { } last && await OnlyAsync<SummaryFingerprintRow>(database, SummaryFingerprint) == last.Of) return last.Json;
        var row = await OnlyAsync<SummaryRow>(database, Summary);
        var json = WrittenJson.Of(row.Ids.Zip(row.Names, (id, name) => new SimulationSummary(id, name)), _json.Value.SerializerOptions);
        _lastSummary = (new SummaryFingerprintRow(row.Count, row.Hash), json);
        return json;
    }

    private static async Task<T> OnlyAsync<T>(RobotDbContext database, string sql) =>
        (await database.Database.SqlQueryRaw<T>(sql).ToListAsync()).Single();

    private sealed record SummaryFingerprintRow(long Count, long Hash);

    private sealed record SummaryRow(long Count, long Hash, long[] Ids, string[] Names);

    private async Task<SimulationPage> ReadPageAsync(RobotDbContext database, PageRequest page)
    {
        // Has a connection of its own: it counts while the page is read.
        var counting = GetOverviewAsync(CancellationToken.None);
        // Mostly there are as many as at the last count: then a far page need not wait for this one.
        var guess = Volatile.Read(ref _lastTotal);
        var items = await ReadItemsAsync(database, page, guess);
        var counts = await counting;
        if (SimulationPages.IsFar(page) && counts.Total != guess) items = await ReadItemsAsync(database, page, counts.Total);
        return new SimulationPage(counts, items, Pagination.Of(page, counts.Total));
    }

    private async Task<List<SimulationListItem>> ReadItemsAsync(RobotDbContext database, PageRequest page, long total)
    {
        await _pageReads.WaitAsync();
        try
        {
            return await SimulationPages.ReadAsync(database, page, total);
        }
        finally
        {
            _pageReads.Release();
        }
    }

    /// <summary><c>running</c> by status; <c>completed</c> and <c>failed</c> by the last run's outcome; <c>pending</c> all others.</summary>
    private async Task<SimulationOverview> CountAsync(RobotDbContext database)
    {
        var groups = await database.Simulations.AsNoTracking()
            .Where(simulation => simulation.DeletedAt == null)
            .GroupBy(simulation => new { simulation.Status, simulation.LatestExecutionStatus })
            .Select(group => new { group.Key.Status, Latest = group.Key.LatestExecutionStatus, Count = group.LongCount() })
            .ToListAsync();
        var total = groups.Sum(group => group.Count);
        Volatile.Write(ref _lastTotal, total);
        var running = groups.Where(group => group.Status == SimulationStatus.Running).Sum(group => group.Count);
        var completed = groups.Where(group => group.Status != SimulationStatus.Running && group.Latest == RunStatus.Completed).Sum(group => group.Count);
        var failed = groups.Where(group => group.Status != SimulationStatus.Running && group.Latest == RunStatus.Failed).Sum(group => group.Count);
        return new SimulationOverview(total, total - running - completed - failed, running, completed, failed);
    }
}
