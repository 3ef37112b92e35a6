using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api;

/// <summary>Whatever two clients do to one simulation at once, what PostgreSQL holds stays true.</summary>
public class ConcurrencyTests(ApiFixture fixture, ITestOutputHelper output)
{
    private const int LongestScript = 5;

    /// <summary>A few each time, others every time; more with <c>CONCURRENCY_CASES</c>.</summary>
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("CONCURRENCY_CASES"), out var cases) ? cases : 4;

    private static readonly string[] Actions = ["start", "stop", "add", "change", "remove", "delete"];

    /// <summary>Each must find no row.</summary>
    private static readonly Dictionary<string, string> Invariants = new()
    {
        ["two runs at once"] = "SELECT simulation_id FROM executions WHERE status IN ('PENDING', 'RUNNING') GROUP BY simulation_id HAVING count(*) > 1",
        ["RUNNING without a run"] =
            "SELECT s.id FROM simulations s WHERE s.status = 'RUNNING' AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.simulation_id = s.id AND e.status IN ('PENDING', 'RUNNING'))",
        ["a run of a simulation that is not RUNNING"] =
            "SELECT s.id FROM executions e JOIN simulations s ON s.id = e.simulation_id WHERE e.status IN ('PENDING', 'RUNNING') AND s.status <> 'RUNNING'",
        ["DELETED and not dated, or dated and not DELETED"] = "SELECT id FROM simulations WHERE (status = 'DELETED') <> (deleted_at IS NOT NULL)",
        ["no group left"] = "SELECT s.id FROM simulations s WHERE s.pattern_type = 'parallel' AND NOT EXISTS (SELECT 1 FROM simulation_groups g WHERE g.simulation_id = s.id)",
        ["the latest run is not the last"] =
            "SELECT s.id FROM simulations s WHERE s.latest_execution_id IS DISTINCT FROM (SELECT max(e.id) FROM executions e WHERE e.simulation_id = s.id)",
        ["the latest outcome is another"] =
            "SELECT s.id FROM simulations s JOIN executions e ON e.id = s.latest_execution_id WHERE s.latest_execution_status <> e.status",
        ["a run without its parts"] = "SELECT e.simulation_id FROM executions e WHERE NOT EXISTS (SELECT 1 FROM execution_parts p WHERE p.execution_id = e.id)",
        ["ended and not dated"] = "SELECT simulation_id FROM executions WHERE (status IN ('COMPLETED', 'FAILED', 'STOPPED')) <> (ended_at IS NOT NULL)",
    };

    [Fact]
    [Contract("simulations/concurrency", "today/second-start")]
    public async Task Two_clients_at_once_never_break_an_invariant()
    {
        await fixture.ApiAsync();
        using var first = await fixture.AdminAsync();
        using var second = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(first);
        var scripts = Gen.Sample(Gen.Elements(Actions).ListOf(LongestScript), Cases * 2, 50);

        foreach (var pair in scripts.Chunk(2))
        {
            output.WriteLine($"{string.Join(' ', pair[0])} | {string.Join(' ', pair[1])}");
            var id = await Plans.CreateAsync(first, Plans.Parallel(Plans.NewName(), Plans.Group(template, agents: 1, repeats: 1000, time: 600)));
            var starts = await Task.WhenAll(PlayAsync(first, id, template, pair[0]), PlayAsync(second, id, template, pair[1]));
            await CheckAsync(id, starts.Sum());
            await StopAllAsync(first, id);
            await CheckAsync(id, starts.Sum());
        }
    }

    /// <summary>Plays a script; returns how many starts were granted.</summary>
    private static async Task<int> PlayAsync(ApiClient client, long id, long template, IEnumerable<string> script)
    {
        var starts = 0;
        foreach (var action in script)
        {
            var answer = action switch
            {
                "start" => await client.PostAsync($"/api/simulation/{id}/start"),
                "stop" => await StopAllAsync(client, id),
                "add" => await client.PostAsync($"/api/simulation/{id}/pattern", new { group = Plans.Group(template, agents: 1, repeats: 1000, time: 600) }),
                "change" => await EditFirstAsync(client, id, HttpMethod.Put, group => new { group = new { groupId = group, repeatCount = 500 } }),
                "remove" => await EditFirstAsync(client, id, HttpMethod.Delete, group => new { group = new { groupId = group } }),
                _ => await client.DeleteAsync($"/api/simulation/{id}"),
            };
            Assert.True((int)answer.Status is 200 or 202 or 404 or 409, $"{action}: {answer.Text}");
            if (action == "start" && (int)answer.Status == 200) starts++;
        }

        return starts;
    }

    private static async Task<Answer> EditFirstAsync(ApiClient client, long id, HttpMethod method, Func<long, object> body)
    {
        var detail = await client.GetAsync($"/api/simulation/{id}");
        if ((int)detail.Status != 200) return detail;
        return await client.SendAsync(method, $"/api/simulation/{id}/pattern", body((long)detail.Data["executionPlan"]!["groups"]![0]!["groupId"]!));
    }

    private static async Task<Answer> StopAllAsync(ApiClient client, long id)
    {
        var page = await client.GetAsync($"/api/simulation/{id}/execution?size=1");
        if ((int)page.Status != 200 || page.Data["executions"]!.AsArray() is not [{ } latest]) return page;
        return await client.PostAsync($"/api/simulation/{id}/execution/{(long)latest["executionId"]!}/stop");
    }

    private async Task CheckAsync(long id, int starts)
    {
        await using var source = NpgsqlDataSource.Create(await fixture.DatabaseAsync());
        foreach (var (broken, sql) in Invariants)
        {
            await using var command = source.CreateCommand($"SELECT count(*) FROM ({sql}) AS found(id) WHERE id = {id}");
            Assert.True((long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 0, broken);
        }

        await using var count = source.CreateCommand($"SELECT count(*) FROM executions WHERE simulation_id = {id}");
        Assert.Equal((long)starts, (long)(await count.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }
}
