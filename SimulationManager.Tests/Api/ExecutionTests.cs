using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Executions, with a real worker.</summary>
public class ExecutionTests(ApiFixture fixture)
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);

    [Fact]
    [Contract("simulations/start", "executions/progress", "executions/limit", "today/progress-jumps")]
    public async Task A_sequence_runs_to_its_end_and_its_progress_never_goes_back()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, agents: 2, time: 1, repeats: 2, delay: 1), Plans.Step(template, order: 2, agents: 3, time: 2)));

        var started = (await user.PostAsync($"/api/simulation/{id}/start")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal(Sorted("simulationId", "executionId", "status", "patternType", "startedAt"), FieldsOf(started));
        Assert.Equal((id, "RUNNING", "sequential"), ((long)started["simulationId"]!, (string)started["status"]!, (string)started["patternType"]!));

        List<(string Status, double Progress)> seen = [];
        await Wait.UntilAsync(
            async () =>
            {
                var current = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
                seen.Add(((string)current["status"]!, (double)current["progress"]!["overallProgress"]!));
                return seen[^1].Status != "RUNNING";
            },
            RunLimit, "the run to end");

        Assert.Equal("COMPLETED", seen[^1].Status);
        Assert.Equal(100, seen[^1].Progress);
        Assert.Equal(seen.Select(entry => entry.Progress).Order(), seen.Select(entry => entry.Progress));
        Assert.True(seen.Select(entry => entry.Progress).Distinct().Count() > 3, "progress is not seen in jumps only");
        Assert.All(seen, entry => Assert.Equal(Math.Round(entry.Progress, 1), entry.Progress));
    }

    [Fact]
    [Contract("ours/execution-filter")]
    public async Task A_list_can_be_of_one_state()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user), time: 1)));

        var completed = (await user.GetAsync($"/api/simulation/{id}/execution?status=COMPLETED")).Expect(HttpStatusCode.OK).Data;
        var failed = (await user.GetAsync($"/api/simulation/{id}/execution?status=FAILED")).Expect(HttpStatusCode.OK).Data;
        var wrong = await user.GetAsync($"/api/simulation/{id}/execution?status=BROKEN");

        Assert.Equal([execution], completed["executions"]!.AsArray().Select(run => (long)run!["executionId"]!));
        Assert.Equal((0, 0L), (failed["executions"]!.AsArray().Count, (long)failed["pagination"]!["totalItems"]!));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
    }

    [Fact]
    [Contract("executions/get")]
    public async Task The_frozen_plan_has_the_names_and_areas_of_groups()
    {
        using var user = await fixture.UserAsync();
        var group = new { groupName = "north hall", assignedArea = "hall 1", templateId = await TestBundle.UploadAsync(user), autonomousAgentCount = 1, executionTime = 1, repeatCount = 1 };
        var (id, execution) = await RunAsync(user, Plans.Parallel(Plans.NewName(), group, Plans.Group(group.templateId, time: 1)));

        var groups = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["executionPlan"]!["groups"]!;

        Assert.Equal(("north hall", "hall 1"), ((string?)groups[0]!["groupName"], (string?)groups[0]!["assignedArea"]));
        Assert.False(groups[1]!.AsObject().ContainsKey("groupName"));
    }

    [Fact]
    [Contract("executions/get", "executions/list", "executions/sequential", "envelope/absent-fields", "today/status-after-end")]
    public async Task An_ended_run_has_the_fields_that_apply_and_no_others()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user), time: 1)));

        var detail = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data;
        var list = (await user.GetAsync($"/api/simulation/{id}/execution")).Expect(HttpStatusCode.OK).Data;
        var simulation = (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("execution", FieldsOf(detail));
        Assert.Equal(Sorted("executionId", "simulationId", "patternType", "currentStatus", "executionPlan"), FieldsOf(detail["execution"]));
        var current = detail["execution"]!["currentStatus"]!;
        Assert.Equal(Sorted("status", "message", "timestamps", "progress", "stepDetails"), FieldsOf(current));
        Assert.Equal(Sorted("createdAt", "lastUpdated", "startedAt", "completedAt"), FieldsOf(current["timestamps"]));
        Assert.Equal("""{"overallProgress":100,"currentStep":0,"completedSteps":1,"totalSteps":1}""", current["progress"]!.ToJsonString());
        var step = current["stepDetails"]![0]!;
        Assert.Equal(Sorted("stepOrder", "status", "progress", "autonomousAgents", "currentRepeat", "totalRepeats", "startedAt", "completedAt"), FieldsOf(step));
        Assert.Equal(Sorted("executions", "pagination"), FieldsOf(list));
        var item = list["executions"]![0]!;
        Assert.Equal(Sorted("executionId", "simulationId", "patternType", "currentStatus"), FieldsOf(item));
        Assert.Equal(Sorted("status", "message", "timestamps", "progress"), FieldsOf(item["currentStatus"]));
        Assert.Equal(("COMPLETED", 100.0), ((string)simulation["latestExecutionStatus"]!["status"]!, (double)simulation["latestExecutionStatus"]!["progress"]!["overallProgress"]!));
    }

    [Fact]
    [Contract("executions/stop", "today/stopped-at")]
    public async Task Stop_ends_a_run_within_two_seconds_and_it_is_STOPPED_everywhere()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), repeats: 1000, time: 600)));
        long execution = 0;
        JsonNode stopped = null!;
        await InTime.OnceAsync(TimeSpan.FromSeconds(2), async () =>
        {
            execution = await StartAsync(user, id);
            await UntilRunningAsync(user, id);
            var asked = Stopwatch.GetTimestamp();
            stopped = (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK).Data;
            return Stopwatch.GetElapsedTime(asked);
        });

        Assert.Equal("""{"simulationId":ID,"executionId":EX,"status":"STOPPED"}""".Replace("ID", $"{id}", StringComparison.Ordinal).Replace("EX", $"{execution}", StringComparison.Ordinal), stopped.ToJsonString());
        Assert.Equal("STOPPED", (string)(await user.GetAsync($"/api/simulation/{id}/status")).Data["currentStatus"]!["status"]!);
        var listed = (await user.GetAsync($"/api/simulation/{id}/execution")).Data["executions"]![0]!["currentStatus"]!;
        Assert.Equal(Sorted("createdAt", "lastUpdated", "startedAt", "stoppedAt"), FieldsOf(listed["timestamps"]));
        Assert.Equal("STOPPED", (string)(await user.GetAsync($"/api/simulation/{id}")).Data["latestExecutionStatus"]!["status"]!);
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("executions/stop", "today/foreign-stop")]
    public async Task Stop_under_another_simulations_id_is_404_and_stops_nothing()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template, repeats: 1000, time: 600)));
        var other = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var execution = await StartAsync(user, id);

        (await user.PostAsync($"/api/simulation/{other}/execution/{execution}/stop")).Expect(HttpStatusCode.NotFound);

        Assert.Equal("RUNNING", (string)(await user.GetAsync($"/api/simulation/{id}/status")).Data["currentStatus"]!["status"]!);
        await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop");
    }

    [Fact]
    [Contract("executions/stop", "status/409")]
    public async Task Stop_of_a_completed_run_is_409()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), time: 1)));

        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.Conflict);
    }

    [Fact]
    [Contract("simulations/start", "today/second-start")]
    public async Task Of_many_starts_at_once_one_wins_and_the_others_are_409()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), repeats: 1000, time: 600)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => user.PostAsync($"/api/simulation/{id}/start")));

        var started = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        Assert.Equal(1, (int)(await user.GetAsync($"/api/simulation/{id}/execution")).Data["pagination"]!["totalItems"]!);
        await user.PostAsync($"/api/simulation/{id}/execution/{(long)started.Data["executionId"]!}/stop");
    }

    [Fact]
    [Contract("simulations/start", "templates/delete", "today/template-in-use")]
    public async Task The_plan_is_frozen_and_a_template_in_use_cannot_be_deleted()
    {
        using var admin = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(admin, "before" + Guid.NewGuid().ToString("N"));
        var id = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template, repeats: 1000, time: 600)));
        var execution = await StartAsync(admin, id);

        (await admin.DeleteAsync($"/api/template/{template}")).Expect(HttpStatusCode.Conflict);
        (await admin.PatchAsync($"/api/template/{template}", new TestBundle().Field("name", "after" + Guid.NewGuid().ToString("N")).Form)).Expect(HttpStatusCode.OK);

        var plan = (await admin.GetAsync($"/api/simulation/{id}/execution/{execution}")).Data["execution"]!["executionPlan"]!;
        Assert.StartsWith("before", (string)plan["groups"]![0]!["templateName"]!, StringComparison.Ordinal);
        await admin.PostAsync($"/api/simulation/{id}/execution/{execution}/stop");
        (await admin.DeleteAsync($"/api/template/{template}")).Expect(HttpStatusCode.OK);
        (await admin.PostAsync($"/api/simulation/{id}/start")).Expect(HttpStatusCode.Conflict);
    }

    [Fact]
    [Contract("ours/report", "ours/instances")]
    public async Task Report_counts_every_message_of_every_agent()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var (id, execution) = await RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, agents: 2), Plans.Step(template, order: 2, agents: 1)));

        var report = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data;
        var page = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}/instances?page=2&size=2&status=COMPLETED")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal((113 * 3, 113 * 3, 0), ((long)report["messagesPlanned"]!, (long)report["messagesOut"]!, (long)report["messagesDropped"]!));
        Assert.Equal([113 * 2, 113], report["steps"]!.AsArray().Select(step => (long)step!["messagesOut"]!));
        Assert.Equal(3, report["instances"]!.AsArray().Count);
        Assert.True((long)report["lateness"]!["p99"]! >= (long)report["lateness"]!["p50"]!);
        Assert.Equal(3, (int)page["pagination"]!["totalItems"]!);
        Assert.Equal($"instance-{id}-3", (string)Assert.Single(page["instances"]!.AsArray())!["podName"]!);
    }

    [Fact]
    [Contract("executions/message-korean")]
    public async Task A_message_is_read_in_the_clients_language_and_one_that_an_earlier_version_stored_as_it_is()
    {
        using var user = await fixture.UserAsync();
        var (id, execution) = await RunAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user), time: 1)));
        const string limited = "All steps completed; the time limit ended some of them.";

        Assert.Equal($"{limited} No address is known for the edge site 'mec-01': its agents publish to nobody.", await MessageAsync());
        user.Language = "ko";
        Assert.Equal("모든 단계가 완료되었습니다. 일부는 제한 시간으로 종료되었습니다. 엣지 사이트 'mec-01'의 주소를 알 수 없어 에이전트의 메시지가 어디에도 게시되지 않습니다.", await MessageAsync());
        await using var database = NpgsqlDataSource.Create(await fixture.DatabaseAsync());
        await using (var earlier = database.CreateCommand($"UPDATE executions SET message = '{limited}' WHERE id = {execution}"))
            await earlier.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Equal(limited, await MessageAsync());

        async Task<string> MessageAsync() => (string)(await user.GetAsync($"/api/simulation/{id}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["message"]!;
    }

    internal static async Task<(long Simulation, long Execution)> RunAsync(ApiClient user, object plan)
    {
        var id = await Plans.CreateAsync(user, plan);
        var execution = await StartAsync(user, id);
        await Wait.UntilAsync(async () => (string)(await StatusAsync(user, id))["status"]! != "RUNNING", RunLimit, "the run to end");
        return (id, execution);
    }

    internal static async Task<long> StartAsync(ApiClient user, long simulation) =>
        (long)(await user.PostAsync($"/api/simulation/{simulation}/start")).Expect(HttpStatusCode.OK).Data["executionId"]!;

    private static Task UntilRunningAsync(ApiClient user, long id) => Wait.UntilAsync(
        async () => (int)(await StatusAsync(user, id))["progress"]!["runningGroups"]! == 1, RunLimit, "the group to run");

    internal static async Task<JsonNode> StatusAsync(ApiClient user, long id) =>
        (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;
}
