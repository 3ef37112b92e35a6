using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Simulations: deleting one.</summary>
public class DeletionTests(ApiFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    [Contract("simulations/delete", "simulations/deletion", "today/name-of-deleted", "today/deleted-started")]
    public async Task A_deleted_simulation_is_gone_its_progress_stays_readable_and_its_name_is_free()
    {
        using var user = await fixture.UserAsync();
        var name = Plans.NewName();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(name, Plans.Group(template)));

        var begun = (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Accepted).Data;
        var deletion = await UntilDeletedAsync(user, id);

        Assert.Equal($$"""{"simulationId":{{id}},"status":"DELETING"}""", begun.ToJsonString());
        Assert.Equal(Sorted("simulationId", "status", "progress", "steps", "startedAt", "completedAt", "errorMessage"), FieldsOf(deletion));
        Assert.Equal((id, "COMPLETED", 100), ((long)deletion["simulationId"]!, (string)deletion["status"]!, (int)deletion["progress"]!));
        Assert.Equal("""{"namespace":"COMPLETED","redis":"COMPLETED","db":"COMPLETED"}""", deletion["steps"]!.ToJsonString());
        Assert.NotNull(deletion["completedAt"]);
        Assert.Null(deletion["errorMessage"]);
        foreach (var path in (string[])["", "/status"]) (await user.GetAsync($"/api/simulation/{id}{path}")).Expect(HttpStatusCode.NotFound);
        (await user.PostAsync($"/api/simulation/{id}/start")).Expect(HttpStatusCode.NotFound);
        (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.NotFound);
        await Plans.CreateAsync(user, Plans.Parallel(name, Plans.Group(template)));
    }

    [Fact]
    [Contract("executions/deleted", "executions/list", "executions/get")]
    public async Task A_deleted_simulations_executions_stay_readable()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), time: 1)));
        await DeleteAsync(user, id);

        var listed = (await user.GetAsync($"/api/simulation/{id}/execution?size=1000")).Expect(HttpStatusCode.OK).Data;
        var past = (await user.GetAsync($"/api/simulation/{id}/execution?page=2")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(execution, (long)Assert.Single(listed["executions"]!.AsArray())!["executionId"]!);
        Assert.Equal((0, 1), (past["executions"]!.AsArray().Count, (int)past["pagination"]!["totalItems"]!));
        (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK);
        (await user.GetAsync("/api/simulation/99999999/execution")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Contract("today/deletion-progress")]
    public async Task Asking_for_a_deletions_progress_disturbs_no_run_and_a_running_simulation_is_not_deleted()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), repeats: 1000, time: 600)));
        var execution = await ExecutionTests.StartAsync(user, id);

        (await user.GetAsync($"/api/simulation/{id}/deletion")).Expect(HttpStatusCode.NotFound);
        (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Conflict);

        Assert.Equal("RUNNING", (string)(await user.GetAsync($"/api/simulation/{id}/status")).Data["currentStatus"]!["status"]!);
        await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop");
    }

    [Fact]
    [Contract("simulations/deletion-survives")]
    public async Task A_deletion_that_another_process_has_begun_is_finished()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user))));
        await using (var scope = (await fixture.ApiAsync()).Services.CreateAsyncScope())
        {
            var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
            await database.Simulations.Where(row => row.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, SimulationStatus.Deleting), TestContext.Current.CancellationToken);
            database.SimulationDeletions.Add(new SimulationDeletion
            {
                SimulationId = id, Status = DeletionStatus.Running, NamespaceStep = DeletionStatus.Completed, RedisStep = DeletionStatus.Running, StartedAt = DateTimeOffset.UtcNow,
            });
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal("COMPLETED", (string)(await UntilDeletedAsync(user, id))["status"]!);
        (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_deletion_that_always_fails_keeps_no_other_from_being_carried_out()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var failing = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var other = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        await using var database = NpgsqlDataSource.Create(await fixture.DatabaseAsync());
        await ExecuteAsync(
            database,
            $"""
            CREATE FUNCTION refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused on purpose''; END';
            CREATE TRIGGER refuse_deletion BEFORE UPDATE ON simulation_deletions FOR EACH ROW WHEN (OLD.simulation_id = {failing}) EXECUTE FUNCTION refuse_deletion();
            """);
        try
        {
            (await user.DeleteAsync($"/api/simulation/{failing}")).Expect(HttpStatusCode.Accepted);
            await DeleteAsync(user, other);
        }
        finally
        {
            await ExecuteAsync(database, "DROP FUNCTION refuse_deletion CASCADE");
        }

        Assert.Equal("COMPLETED", (string)(await UntilDeletedAsync(user, failing))["status"]!);
    }

    [Fact]
    [Contract("today/unknown-ids")]
    public async Task Deleting_what_is_not_there_is_404()
    {
        using var user = await fixture.UserAsync();

        (await user.DeleteAsync("/api/simulation/99999999")).Expect(HttpStatusCode.NotFound);
        (await user.GetAsync("/api/simulation/99999999/deletion")).Expect(HttpStatusCode.NotFound);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string statements)
    {
        await using var command = database.CreateCommand(statements);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    internal static async Task DeleteAsync(ApiClient user, long id)
    {
        (await user.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Accepted);
        await UntilDeletedAsync(user, id);
    }

    private static async Task<JsonNode> UntilDeletedAsync(ApiClient user, long id)
    {
        JsonNode deletion = null!;
        await Wait.UntilAsync(
            async () => (string)(deletion = (await user.GetAsync($"/api/simulation/{id}/deletion")).Expect(HttpStatusCode.OK).Data)["status"]! is "COMPLETED" or "FAILED",
            Limit, "the deletion to end");
        return deletion;
    }
}
