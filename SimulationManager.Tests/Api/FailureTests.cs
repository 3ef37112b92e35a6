using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Data;
using SimulationManager.Core.Storage;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using StackExchange.Redis;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Runs that fail, lose their live state, or are seen by several processes.</summary>
public class FailureTests(ApiFixture fixture)
{
    private const string Gone = "'turtle_cmd_vel.mcap_0.db3' is not in object storage any more: upload the template's files again";

    [Fact]
    [Contract("executions/failure", "today/all-died", "envelope/absent-fields", "executions/no-exception-text", "executions/ended-part")]
    public async Task A_failing_agent_fails_its_step_and_the_run_and_the_rest_is_not_started()
    {
        using var user = await fixture.UserAsync();
        var broken = await TestBundle.UploadAsync(user);
        var good = await TestBundle.UploadAsync(user);
        await RemoveBundleAsync(await fixture.ApiAsync(), broken);

        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(broken), Plans.Step(good, order: 2)));

        var current = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["currentStatus"]!;
        Assert.Equal("FAILED", (string)current["status"]!);
        Assert.Equal(Sorted("createdAt", "lastUpdated", "startedAt", "failedAt"), FieldsOf(current["timestamps"]));
        Assert.True((double)current["progress"]!["overallProgress"]! < 100);
        Assert.Equal(["FAILED", "PENDING"], current["stepDetails"]!.AsArray().Select(step => (string)step!["status"]!));
        Assert.Equal($"instance-{id}-1: {Gone}", (string)current["stepDetails"]![0]!["error"]!);
        Assert.Equal($"instance-{id}-1: {Gone}", (string)current["message"]!);
        Assert.Equal(
            Sorted("stepOrder", "status", "progress", "autonomousAgents", "currentRepeat", "totalRepeats", "startedAt", "failedAt", "error"), FieldsOf(current["stepDetails"]![0]));
        Assert.Equal(Sorted("stepOrder", "status", "progress", "autonomousAgents", "currentRepeat", "totalRepeats"), FieldsOf(current["stepDetails"]![1]));
        var listed = (await user.GetAsync($"/api/simulation?size=100")).Data["simulations"]!.AsArray().Single(item => (long)item!["simulationId"]! == id)!;
        Assert.Equal(("PENDING", "FAILED"), ((string)listed["status"]!, (string)listed["latestExecutionStatus"]!));
    }

    [Theory]
    [Contract("executions/failure", "executions/no-exception-text")]
    [InlineData(404, Gone)]
    [InlineData(500, "'turtle_cmd_vel.mcap_0.db3' could not be fetched from object storage within 1 s: see the log")]
    public async Task An_object_that_the_store_does_not_give_fails_the_run_in_a_sentence_of_ours(int status, string reason)
    {
        await using var emptied = await EmptiedStorage.StartAsync(status);
        var settings = await fixture.NewSystemAsync();
        var ofWorker = new Dictionary<string, string?>(settings);
        ofWorker["Replay:FetchWithin"] = "00:00:01";
        ofWorker["ConnectionStrings:minio"] = Regex.Replace(settings["ConnectionStrings:minio"]!, ":(\\d+)", $":{emptied.Port}");
        await using var worker = await WorkerHost.StartAsync(ofWorker);
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        await ApiFixture.WaitForWorkerAsync(api.Address, TimeSpan.FromSeconds(60));
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");

        var (id, execution) = await ExecutionTests.RunAsync(admin, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(admin))));

        var current = (await admin.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["currentStatus"]!;
        Assert.Equal(("FAILED", $"instance-{id}-1: {reason}"), ((string)current["status"]!, (string)current["stepDetails"]![0]!["error"]!));
    }

    [Fact]
    [Contract("simulations/status", "executions/state-in-postgres", "today/status-after-end")]
    public async Task Status_is_the_same_when_Redis_has_forgotten_the_run()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), time: 1)));
        var before = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data;
        var redis = (await fixture.ApiAsync()).Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        await redis.KeyDeleteAsync([$"live:run:{execution}", $"live:latest-run:{id}"]);

        var after = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("COMPLETED", (string)after["currentStatus"]!["status"]!);
        Assert.Equal(before.ToJsonString(), after.ToJsonString());
    }

    [Fact]
    [Contract("today/two-processes", "executions/stop")]
    public async Task A_run_that_one_process_has_started_is_stopped_through_another_and_stays_STOPPED()
    {
        await using var second = await fixture.SecondApiAsync();
        using var here = await fixture.AdminAsync();
        using var there = second.Client();
        there.Token = here.Token;
        var id = await Plans.CreateAsync(here, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(here), repeats: 1000, time: 600)));
        var execution = await ExecutionTests.StartAsync(here, id);

        (await there.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);

        foreach (var client in (ApiClient[])[here, there])
            Assert.Equal("STOPPED", (string)(await client.GetAsync($"/api/simulation/{id}/status")).Data["currentStatus"]!["status"]!);
    }

    [Fact]
    [Contract("executions/progress", "today/two-processes")]
    public async Task Progress_does_not_go_back_from_one_process_to_another_when_Redis_forgets_the_run()
    {
        await using var second = await fixture.SecondApiAsync();
        using var here = await fixture.AdminAsync();
        using var there = second.Client();
        there.Token = here.Token;
        var redis = second.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        var id = await Plans.CreateAsync(here, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(here), repeats: 1000, time: 30)));
        var execution = await ExecutionTests.StartAsync(here, id);

        List<double> shown = [];
        await Wait.UntilAsync(
            async () =>
            {
                foreach (var client in (ApiClient[])[here, there])
                {
                    shown.Add((double)(await client.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!["progress"]!["overallProgress"]!);
                    await redis.KeyDeleteAsync([$"live:run:{execution}", $"live:latest-run:{id}"]);
                }

                return shown[^1] > 5;
            },
            TimeSpan.FromSeconds(30), "some progress");
        await here.PostAsync($"/api/simulation/{id}/execution/{execution}/stop");

        Assert.Equal(shown.Order(), shown);
    }

    /// <summary>Removes a template's files from storage behind the API's back.</summary>
    internal static async Task RemoveBundleAsync(ApiHost api, long template)
    {
        await using var scope = api.Services.CreateAsyncScope();
        var row = await scope.ServiceProvider.GetRequiredService<RobotDbContext>().Templates.AsNoTracking().SingleAsync(candidate => candidate.Id == template, TestContext.Current.CancellationToken);
        var store = api.Services.GetRequiredService<BundleStore>();
        foreach (var file in row.Files) await store.RemoveAsync(file.ObjectKey, TestContext.Current.CancellationToken);
    }
}
