using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>A system with seven simulations, odd ones parallel.</summary>
public sealed class SevenSimulations(ApiFixture fixture) : IAsyncLifetime
{
    private ApiHost _api = null!;
    private string _database = "";

    internal List<long> Ids { get; } = [];
    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = await fixture.NewSystemAsync();
        _database = settings["ConnectionStrings:robotdb"]!;
        _api = await ApiHost.StartAsync(settings);
        await _api.WaitUntilPreparedAsync();
        Admin = await _api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var template = await TestBundle.UploadAsync(Admin);
        for (var number = 0; number < 7; number++)
        {
            Ids.Add(await Plans.CreateAsync(Admin, number % 2 == 0
                ? Plans.Sequential($"simulation {number}", Plans.Step(template))
                : Plans.Parallel($"simulation {number}", Plans.Group(template))));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await _api.DisposeAsync();
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The ids of all that are not deleted, as the database orders them.</summary>
    internal async Task<List<long>> NewestFirstAsync()
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand("SELECT id FROM simulations WHERE deleted_at IS NULL ORDER BY created_at DESC, id DESC");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        List<long> ids = [];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) ids.Add(reader.GetInt64(0));
        return ids;
    }

    internal async Task<JsonNode> DataAsync(string query) => (await Admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.OK).Data;

    internal static long[] IdsOf(JsonNode data) => [.. data["simulations"]!.AsArray().Select(item => (long)item!["simulationId"]!)];
}

/// <summary>A list so long that pages are read from its front, from its end, and from in between.</summary>
public sealed class LongSimulationListTests(SevenSimulations system) : IClassFixture<SevenSimulations>
{
    private const int More = 1300;

    [Fact]
    [Contract("simulations/list", "today/last-page")]
    public async Task Every_page_of_a_long_list_goes_on_where_the_one_before_has_ended()
    {
        // Many are as old as others: their ids decide.
        await system.ExecuteAsync($"""
            INSERT INTO simulations (name, description, pattern_type, status, mec_id, latest_execution_status, created_at, updated_at)
            SELECT 'long ' || n, '', 'parallel', 'PENDING', '', 'PENDING', now() - (n / 7) * interval '1 minute', now() FROM generate_series(1, {More}) n
            """);
        await system.ExecuteAsync($"UPDATE simulations SET deleted_at = now(), status = 'DELETED' WHERE name LIKE 'long %' AND id % 13 = 0");

        var total = (int)(await system.DataAsync("page=1&size=1"))["pagination"]!["totalItems"]!;
        List<long> paged = [];
        for (var page = 1; paged.Count < total; page++)
        {
            var ids = SevenSimulations.IdsOf(await system.DataAsync($"page={page}&size=90"));
            Assert.Equal(Math.Min(90, total - paged.Count), ids.Length);
            paged.AddRange(ids);
        }

        Assert.Equal(await system.NewestFirstAsync(), paged);
        Assert.Empty(SevenSimulations.IdsOf(await system.DataAsync($"page={(total / 90) + 2}&size=90")));
    }
}

/// <summary>Contract, section Simulations: pages and filters.</summary>
public sealed class SimulationListTests(SevenSimulations system) : IClassFixture<SevenSimulations>
{
    [Fact]
    [Contract("simulations/list", "envelope/unknown-ignored")]
    public async Task List_is_newest_first_with_overview_and_pagination()
    {
        var data = (await system.Admin.GetAsync("/api/simulation?period=month")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(Sorted("overview", "simulations", "pagination"), FieldsOf(data));
        Assert.Equal(Sorted("total", "pending", "running", "completed", "failed"), FieldsOf(data["overview"]));
        Assert.Equal(Sorted("currentPage", "pageSize", "totalItems", "totalPages", "hasNext", "hasPrevious"), FieldsOf(data["pagination"]));
        Assert.Equal(
            Sorted("simulationId", "simulationName", "patternType", "status", "latestExecutionStatus", "mecId", "createdAt", "updatedAt"), FieldsOf(data["simulations"]![0]));
        Assert.Equal(system.Ids.AsEnumerable().Reverse(), SevenSimulations.IdsOf(data));
        Assert.All(data["simulations"]!.AsArray(), item => Assert.Equal("PENDING", (string)item!["latestExecutionStatus"]!));
    }

    [Theory]
    [Contract("simulations/list", "today/last-page", "today/blank")]
    [InlineData("page=1&size=3", 3, 3, true, false)]
    [InlineData("page=3&size=3", 1, 3, false, true)]
    [InlineData("page=2&size=7", 0, 1, false, true)]
    [InlineData("page=99&size=3", 0, 3, false, true)]
    [InlineData("page=1&size=500", 7, 1, false, false)]
    [InlineData("page=1&size=1000", 7, 1, false, false)]
    [InlineData("page=2147483647&size=1000", 0, 1, false, true)]
    public async Task Pages_are_cut_and_counted_right_also_at_and_past_the_end(string query, int items, int pages, bool hasNext, bool hasPrevious)
    {
        var data = (await system.Admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.OK).Data;

        var pagination = data["pagination"]!;
        Assert.Equal((items, 7, pages, hasNext, hasPrevious),
            (data["simulations"]!.AsArray().Count, (int)pagination["totalItems"]!, (int)pagination["totalPages"]!, (bool)pagination["hasNext"]!, (bool)pagination["hasPrevious"]!));
    }

    [Theory]
    [Contract("simulations/list", "status/400", "today/blank")]
    [InlineData("size=0", "size")]
    [InlineData("size=-1", "size")]
    [InlineData("size=1001", "size")]
    [InlineData("page=0", "page")]
    [InlineData("page=x", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("pattern_type=both", "pattern_type")]
    [InlineData("status=SLEEPING", "status")]
    [InlineData("start_date=2026-13-01", "start_date")]
    [InlineData("endDate=today", "end_date")]
    [InlineData("start_date=2026-02-01&end_date=2026-01-01", "start_date")]
    public async Task A_parameter_that_is_not_valid_is_400_and_named(string query, string field) =>
        Assert.Equal([field], (await system.Admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.BadRequest).ErrorFields);

    [Fact]
    [Contract("simulations/list", "status/400")]
    public async Task All_parameters_that_are_not_valid_are_named_at_once() => Assert.Equal(
        ["page", "status", "start_date"],
        (await system.Admin.GetAsync("/api/simulation?page=0&status=none&startDate=2026-02-02&end_date=2026-02-01")).Expect(HttpStatusCode.BadRequest).ErrorFields);

    [Fact]
    [Contract("simulations/list", "simulations/filters")]
    public async Task An_empty_parameter_counts_as_absent_and_of_several_the_last_one()
    {
        var data = await system.DataAsync("page=&size=3&size=2&status=%20&pattern_type=&patternType=PARALLEL");

        Assert.Equal((1, 2, 3), ((int)data["pagination"]!["currentPage"]!, (int)data["pagination"]!["pageSize"]!, (int)data["pagination"]!["totalItems"]!));
        Assert.Equal(2, SevenSimulations.IdsOf(data).Length);
    }

    [Fact]
    [Contract("simulations/filters", "today/end-date")]
    public async Task Filters_work_in_both_spellings()
    {
        var today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", null);

        Assert.Equal(4, SevenSimulations.IdsOf(await system.DataAsync("pattern_type=sequential")).Length);
        Assert.Equal(7, SevenSimulations.IdsOf(await system.DataAsync("status=pending")).Length);
        Assert.Equal(3, SevenSimulations.IdsOf(await system.DataAsync("patternType=parallel")).Length);
        Assert.Equal(7, SevenSimulations.IdsOf(await system.DataAsync("status=PENDING")).Length);
        Assert.Empty(SevenSimulations.IdsOf(await system.DataAsync("status=RUNNING")));
        Assert.Equal(7, SevenSimulations.IdsOf(await system.DataAsync($"start_date={today}&end_date={today}")).Length);
        Assert.Equal(7, (int)(await system.DataAsync($"endDate={today}"))["pagination"]!["totalItems"]!);
        Assert.Empty(SevenSimulations.IdsOf(await system.DataAsync("end_date=2020-01-01")));
        Assert.Equal(7, SevenSimulations.IdsOf(await system.DataAsync("end_date=9999-12-31")).Length);
    }

    [Fact]
    [Contract("simulations/summary")]
    public async Task Summary_is_all_names_newest_first()
    {
        var data = (await system.Admin.GetAsync("/api/simulation/summary")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(system.Ids.AsEnumerable().Reverse(), data.AsArray().Select(item => (long)item!["simulationId"]!));
        Assert.Equal(Sorted("simulationId", "simulationName"), FieldsOf(data[0]));
    }
}

/// <summary>What is kept of the last summary is not shown once it is out of date, whoever changed what it was made of.</summary>
public sealed class SimulationSummaryTests(SevenSimulations system) : IClassFixture<SevenSimulations>
{
    [Fact]
    [Contract("simulations/summary")]
    public async Task Summary_follows_every_change()
    {
        var before = await SummaryAsync();
        Assert.Equal(before, await SummaryAsync());

        // One goes and another comes: there are as many as before.
        await system.ExecuteAsync($"UPDATE simulations SET deleted_at = now(), status = 'DELETED' WHERE id = {system.Ids[3]}");
        await system.ExecuteAsync("""
            INSERT INTO simulations (name, description, pattern_type, status, mec_id, latest_execution_status, created_at, updated_at)
            VALUES ('another "one", 로봇', '', 'parallel', 'PENDING', '', 'PENDING', now(), now())
            """);
        var exchanged = await SummaryAsync();
        Assert.Equal(before.Where(item => item.Id != system.Ids[3]), exchanged.Skip(1));
        Assert.Equal("another \"one\", 로봇", exchanged[0].Name);

        await system.ExecuteAsync($"UPDATE simulations SET name = 'renamed' WHERE id = {system.Ids[0]}");
        Assert.Equal("renamed", (await SummaryAsync()).Single(item => item.Id == system.Ids[0]).Name);

        await system.ExecuteAsync("UPDATE simulations SET deleted_at = now(), status = 'DELETED'");
        Assert.Empty(await SummaryAsync());
        Assert.Empty(await SummaryAsync());
    }

    private async Task<(long Id, string Name)[]> SummaryAsync() =>
    [
        .. (await system.Admin.GetAsync("/api/simulation/summary")).Expect(HttpStatusCode.OK).Data.AsArray()
            .Select(item => ((long)item!["simulationId"]!, (string)item["simulationName"]!)),
    ];
}

/// <summary>Contract, section Simulations: the counts.</summary>
public sealed class SimulationOverviewTests(SevenSimulations system) : IClassFixture<SevenSimulations>
{
    [Fact]
    [Contract("simulations/overview", "simulations/status-filter")]
    public async Task Overview_counts_by_status_and_by_the_last_outcome()
    {
        await system.ExecuteAsync($"UPDATE simulations SET status = 'RUNNING', latest_execution_status = 'RUNNING' WHERE id = {system.Ids[0]}");
        await system.ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'COMPLETED' WHERE id IN ({system.Ids[1]}, {system.Ids[2]})");
        await system.ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'FAILED' WHERE id = {system.Ids[3]}");
        await system.ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'STOPPED' WHERE id = {system.Ids[4]}");
        await system.ExecuteAsync($"UPDATE simulations SET status = 'DELETED', deleted_at = now() WHERE id = {system.Ids[6]}");

        var data = await system.DataAsync("");

        Assert.Equal("""{"total":6,"pending":2,"running":1,"completed":2,"failed":1}""", data["overview"]!.ToJsonString());
        Assert.DoesNotContain(system.Ids[6], SevenSimulations.IdsOf(data));
        Assert.Equal([system.Ids[6]], SevenSimulations.IdsOf(await system.DataAsync("status=DELETED")));
        Assert.Equal([system.Ids[0]], SevenSimulations.IdsOf(await system.DataAsync("status=running")));
    }
}
