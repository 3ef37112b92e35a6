using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Simulations: pages, filters and counts.</summary>
public sealed class SimulationListTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly List<long> _ids = [];
    private ApiHost _api = null!;
    private ApiClient _admin = null!;
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        var settings = await fixture.NewSystemAsync();
        _database = settings["ConnectionStrings:robotdb"]!;
        _api = await ApiHost.StartAsync(settings);
        await _api.WaitUntilPreparedAsync();
        _admin = await _api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var template = await TestBundle.UploadAsync(_admin);
        for (var number = 0; number < 7; number++)
        {
            _ids.Add(await Plans.CreateAsync(_admin, number % 2 == 0
                ? Plans.Sequential($"simulation {number}", Plans.Step(template))
                : Plans.Parallel($"simulation {number}", Plans.Group(template))));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task List_is_newest_first_with_overview_and_pagination()
    {
        var data = (await _admin.GetAsync("/api/simulation?period=month")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(Sorted("overview", "simulations", "pagination"), FieldsOf(data));
        Assert.Equal(Sorted("total", "pending", "running", "completed", "failed"), FieldsOf(data["overview"]));
        Assert.Equal(Sorted("currentPage", "pageSize", "totalItems", "totalPages", "hasNext", "hasPrevious"), FieldsOf(data["pagination"]));
        Assert.Equal(
            Sorted("simulationId", "simulationName", "patternType", "status", "latestExecutionStatus", "mecId", "createdAt", "updatedAt"), FieldsOf(data["simulations"]![0]));
        Assert.Equal(_ids.AsEnumerable().Reverse(), Ids(data));
        Assert.All(data["simulations"]!.AsArray(), item => Assert.Equal("PENDING", (string)item!["latestExecutionStatus"]!));
    }

    [Theory]
    [InlineData("page=1&size=3", 3, 3, true, false)]
    [InlineData("page=3&size=3", 1, 3, false, true)]
    [InlineData("page=2&size=7", 0, 1, false, true)]
    [InlineData("page=99&size=3", 0, 3, false, true)]
    [InlineData("page=2147483647&size=100", 0, 1, false, true)]
    public async Task Pages_are_cut_and_counted_right_also_at_and_past_the_end(string query, int items, int pages, bool hasNext, bool hasPrevious)
    {
        var data = (await _admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.OK).Data;

        var pagination = data["pagination"]!;
        Assert.Equal((items, 7, pages, hasNext, hasPrevious),
            (data["simulations"]!.AsArray().Count, (int)pagination["totalItems"]!, (int)pagination["totalPages"]!, (bool)pagination["hasNext"]!, (bool)pagination["hasPrevious"]!));
    }

    [Theory]
    [InlineData("size=0", "size")]
    [InlineData("size=-1", "size")]
    [InlineData("size=101", "size")]
    [InlineData("page=0", "page")]
    [InlineData("page=x", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("pattern_type=both", "pattern_type")]
    [InlineData("status=SLEEPING", "status")]
    [InlineData("start_date=2026-13-01", "start_date")]
    [InlineData("endDate=today", "end_date")]
    [InlineData("start_date=2026-02-01&end_date=2026-01-01", "start_date")]
    public async Task A_parameter_that_is_not_valid_is_400_and_named(string query, string field) =>
        Assert.Equal([field], (await _admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.BadRequest).ErrorFields);

    [Fact]
    public async Task Filters_work_in_both_spellings()
    {
        var today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", null);

        Assert.Equal(4, Ids(await DataAsync("pattern_type=sequential")).Length);
        Assert.Equal(3, Ids(await DataAsync("patternType=parallel")).Length);
        Assert.Equal(7, Ids(await DataAsync("status=PENDING")).Length);
        Assert.Empty(Ids(await DataAsync("status=RUNNING")));
        Assert.Equal(7, Ids(await DataAsync($"start_date={today}&end_date={today}")).Length);
        Assert.Equal(7, (int)(await DataAsync($"endDate={today}"))["pagination"]!["totalItems"]!);
        Assert.Empty(Ids(await DataAsync("end_date=2020-01-01")));
        Assert.Equal(7, Ids(await DataAsync("end_date=9999-12-31")).Length);
    }

    [Fact]
    public async Task Overview_counts_by_status_and_by_the_last_outcome()
    {
        await ExecuteAsync($"UPDATE simulations SET status = 'RUNNING', latest_execution_status = 'RUNNING' WHERE id = {_ids[0]}");
        await ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'COMPLETED' WHERE id IN ({_ids[1]}, {_ids[2]})");
        await ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'FAILED' WHERE id = {_ids[3]}");
        await ExecuteAsync($"UPDATE simulations SET latest_execution_status = 'STOPPED' WHERE id = {_ids[4]}");
        await ExecuteAsync($"UPDATE simulations SET status = 'DELETED', deleted_at = now() WHERE id = {_ids[6]}");

        var data = await DataAsync("");

        Assert.Equal("""{"total":6,"pending":2,"running":1,"completed":2,"failed":1}""", data["overview"]!.ToJsonString());
        Assert.DoesNotContain(_ids[6], Ids(data));
        Assert.Equal([_ids[6]], Ids(await DataAsync("status=DELETED")));
        Assert.Equal([_ids[0]], Ids(await DataAsync("status=running")));
    }

    [Fact]
    public async Task Summary_is_all_names_newest_first()
    {
        var data = (await _admin.GetAsync("/api/simulation/summary")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(_ids.AsEnumerable().Reverse(), data.AsArray().Select(item => (long)item!["simulationId"]!));
        Assert.Equal(Sorted("simulationId", "simulationName"), FieldsOf(data[0]));
    }

    private async Task<JsonNode> DataAsync(string query) => (await _admin.GetAsync($"/api/simulation?{query}")).Expect(HttpStatusCode.OK).Data;

    private static long[] Ids(JsonNode data) => [.. data["simulations"]!.AsArray().Select(item => (long)item!["simulationId"]!)];

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
