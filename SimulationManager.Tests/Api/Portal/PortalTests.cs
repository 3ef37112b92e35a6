using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api.Portal;

/// <summary>Clients that exist, unchanged: they read every field of the contract's tables unasked, however a run ends.</summary>
public class PortalTests(PortalSystem system) : IClassFixture<PortalSystem>
{
    /// <summary>Seconds after which a step or group has ended.</summary>
    private const int Short = 1;

    /// <summary>Seconds within which it does not end by itself: its recording is seconds long.</summary>
    private const int Long = 600;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    [Contract("clients/portal", "envelope/absent-fields", "executions/ended-part")]
    public async Task A_client_that_reads_every_field_unasked_gets_from_sign_up_to_deletion()
    {
        using var portal = await SignUpAsync();
        var template = await UploadAsync(portal);

        foreach (var kind in (Func<long, int, object>[])[Sequential, Parallel])
        {
            var completed = await CreateAsync(portal, kind(template, Short));
            Assert.Equal("COMPLETED", await RunAsync(portal, completed));
            await StopAtOnceAsync(portal, kind(await UploadAsync(portal), Long));
            await StopRightAfterTheStartAsync(portal, kind(template, Long));
            await FailAsync(portal, kind);
            await PauseAsync(portal, kind(template, Long));
            await RunWithATemplateThatIsDeletedAsync(portal, kind);
            await DeleteAsync(portal, completed);
        }

        await EditAsync(portal, template);
        await AddByHandAsync(portal, template);
        await portal.CallAsync("POST /api/auth/logout");
        Assert.Empty(portal.NotCalled);
    }

    [Fact]
    [Contract("executions/ended-part")]
    public async Task A_part_that_is_stopped_while_it_is_made_ready_has_a_start_and_no_error()
    {
        using var admin = await system.AdminAsync();
        var id = await Plans.CreateAsync(admin, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(admin))));
        await system.WithoutStorageAsync(async () =>
        {
            var execution = await ExecutionTests.StartAsync(admin, id);
            (await admin.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
        });

        var current = (await admin.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!;

        Assert.Equal(
            JsonShape.Sorted("stepOrder", "status", "progress", "autonomousAgents", "currentRepeat", "totalRepeats", "startedAt", "stoppedAt"),
            JsonShape.FieldsOf(current["stepDetails"]![0]));
        Assert.Equal(0, (int)current["progress"]!["currentStep"]!);
    }

    [Fact]
    [Contract("executions/message")]
    public async Task A_run_whose_next_step_is_made_ready_says_so()
    {
        using var admin = await system.AdminAsync();
        var (first, second) = (await TestBundle.UploadAsync(admin), await TestBundle.UploadAsync(admin));
        var id = await Plans.CreateAsync(admin, Plans.Sequential(Plans.NewName(), Plans.Step(first, time: 3, repeats: 1000), Plans.Step(second, order: 2)));
        var execution = await ExecutionTests.StartAsync(admin, id);
        await UntilAsync(admin, id, current => (string)current["stepDetails"]![0]!["status"]! == "RUNNING", "the first step to run");

        await system.WithoutStorageAsync(async () =>
        {
            await UntilAsync(admin, id, current => (int)current["progress"]!["completedSteps"]! == 1, "the first step to end");
            await UntilAsync(admin, id, current => ((string)current["message"]!).StartsWith("Agents are being made ready.", StringComparison.Ordinal), "the message");
            (await admin.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
        });
    }

    private static object Sequential(long template, int time) =>
        Plans.Sequential(Plans.NewName(), Plans.Step(template, time: time, delay: 1), Plans.Step(template, order: 2, time: time));

    private static object Parallel(long template, int time) =>
        Plans.Parallel(Plans.NewName(), Plans.Group(template, time: time), Plans.Group(template, agents: 3, time: time + 1));

    private static Task UntilAsync(ApiClient user, long id, Func<JsonNode, bool> isSo, string what) => Wait.UntilAsync(
        async () => isSo((await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!), Limit, what);

    private async Task<PortalClient> SignUpAsync()
    {
        var portal = new PortalClient(await system.AdminAsync());
        var (email, password) = ($"portal-{Guid.NewGuid():N}@tests.example", "pass-word1");
        await portal.SendAsync("POST /api/auth/signup", new { email, password, password_confirm = password, role = "admin" });
        await portal.SendAsync("POST /api/auth/signin", new { email, password });
        await portal.Client.SignInAsync(email, password);
        await portal.CallAsync("POST /api/auth/verify");
        await portal.CallAsync("POST /api/auth/refresh");
        return portal;
    }

    private static async Task<long> UploadAsync(PortalClient portal)
    {
        var template = (long)(await portal.SendAsync("POST /api/template", TestBundle.Turtle(Plans.NewName()).Form))["templateId"]!;
        await portal.CallAsync("GET /api/template/{id}", template);
        await portal.SendAsync("PATCH /api/template/{id}", new TestBundle().Field("description", "changed").Form, template);
        return template;
    }

    private static async Task<long> CreateAsync(PortalClient portal, object plan)
    {
        var id = (long)(await portal.SendAsync("POST /api/simulation", plan))["simulationId"]!;
        await ReadAllAsync(portal, id, execution: null);
        return id;
    }

    private static async Task<long> StartAsync(PortalClient portal, long id) =>
        (long)(await portal.CallAsync("POST /api/simulation/{id}/start", id))["executionId"]!;

    /// <summary>Runs to the end and reads everything all the time; returns how it ended.</summary>
    private static async Task<string> RunAsync(PortalClient portal, long id)
    {
        var execution = await StartAsync(portal, id);
        var status = "";
        await Wait.UntilAsync(async () => (status = await ReadAllAsync(portal, id, execution)) != "RUNNING", Limit, "the run to end");
        await ReadAllAsync(portal, id, execution);
        return status;
    }

    /// <summary>Every page that shows a simulation. Returns its run's status.</summary>
    private static async Task<string> ReadAllAsync(PortalClient portal, long id, long? execution)
    {
        await portal.CallAsync("GET /api/template");
        await portal.CallAsync("GET /api/simulation?page=1&size=500&period=week");
        await portal.CallAsync("GET /api/simulation/summary");
        await portal.CallAsync("GET /api/dashboard/system-overview");
        await portal.CallAsync("GET /api/simulation/{id}", id);
        await portal.CallAsync("GET /api/simulation/{id}?view=dashboard", id);
        await ReadRunsAsync(portal, id, execution);
        return (string)(await portal.CallAsync("GET /api/simulation/{id}/status", id))["currentStatus"]!["status"]!;
    }

    private static async Task ReadRunsAsync(PortalClient portal, long id, long? execution)
    {
        var listed = (await portal.CallAsync("GET /api/simulation/{id}/execution?page=1&size=500", id))["executions"]!.AsArray();
        Assert.Equal(execution is not null, listed.Count > 0);
        if (execution is not null) await portal.CallAsync("GET /api/simulation/{id}/execution/{executionId}", id, execution);
    }

    private static async Task StopAsync(PortalClient portal, long id, long execution)
    {
        await portal.CallAsync("POST /api/simulation/{id}/execution/{executionId}/stop", id, execution);
        Assert.Equal("STOPPED", await ReadAllAsync(portal, id, execution));
    }

    /// <summary>Nothing has been played when it is stopped: its bag cannot be fetched.</summary>
    private async Task StopAtOnceAsync(PortalClient portal, object plan)
    {
        var id = await CreateAsync(portal, plan);
        await system.WithoutStorageAsync(async () =>
        {
            var execution = await StartAsync(portal, id);
            await portal.CallAsync("GET /api/simulation/{id}/status", id);
            await StopAsync(portal, id, execution);
        });
    }

    private static async Task StopRightAfterTheStartAsync(PortalClient portal, object plan)
    {
        var id = await CreateAsync(portal, plan);
        for (var run = 0; run < 3; run++) await StopAsync(portal, id, await StartAsync(portal, id));
    }

    /// <summary>It fails before the first message: its bag is gone.</summary>
    private async Task FailAsync(PortalClient portal, Func<long, int, object> kind)
    {
        var template = await UploadAsync(portal);
        var id = await CreateAsync(portal, kind(template, Short));
        await FailureTests.RemoveBundleAsync(system.Api, template);
        Assert.Equal("FAILED", await RunAsync(portal, id));
    }

    private static async Task PauseAsync(PortalClient portal, object plan)
    {
        var id = await CreateAsync(portal, plan);
        var execution = await StartAsync(portal, id);
        await portal.CallAsync("POST /api/simulation/{id}/execution/{executionId}/pause", id, execution);
        await ReadAllAsync(portal, id, execution);
        await portal.CallAsync("POST /api/simulation/{id}/execution/{executionId}/resume", id, execution);
        await StopAsync(portal, id, execution);
    }

    private static async Task RunWithATemplateThatIsDeletedAsync(PortalClient portal, Func<long, int, object> kind)
    {
        var template = await UploadAsync(portal);
        var id = await CreateAsync(portal, kind(template, Long));
        var execution = await StartAsync(portal, id);
        await StopAsync(portal, id, execution);
        var instance = await AddAsync(portal, id, template);
        await portal.CallAsync("DELETE /api/template/{id}", template);
        await ReadAllAsync(portal, id, execution);
        await portal.CallAsync("GET /api/instance/{id}", instance);
        (await portal.Client.PostAsync($"/api/simulation/{id}/start")).Expect(HttpStatusCode.Conflict);
    }

    private static async Task EditAsync(PortalClient portal, long template)
    {
        var parallel = await CreateAsync(portal, Parallel(template, Long));
        var group = (long)(await portal.SendAsync("POST /api/simulation/{id}/pattern", new { group = Plans.Group(template) }, parallel))["group"]!["groupId"]!;
        await portal.SendAsync("DELETE /api/simulation/{id}/pattern", new { group = new { groupId = group } }, parallel);
        var sequential = await CreateAsync(portal, Sequential(template, Long));
        await portal.SendAsync("PUT /api/simulation/{id}/pattern", new { step = new { stepOrder = 1, repeatCount = 2 } }, sequential);
    }

    private static async Task<long> AddAsync(PortalClient portal, long simulation, long template) => (long)(await portal.SendAsync(
        "POST /api/instance", new { instanceName = "extra", simulationId = simulation, templateId = template, instanceCount = 1 }))[0]!["instanceId"]!;

    private static async Task AddByHandAsync(PortalClient portal, long template)
    {
        var id = await CreateAsync(portal, Parallel(template, Long));
        long[] instanceIds = [await AddAsync(portal, id, template)];
        foreach (var action in (string[])["start", "stop"])
        {
            await portal.SendAsync("POST /api/instance/action", new { instanceIds, action });
            await portal.CallAsync($"GET /api/instance?simulationId={id}");
            await portal.CallAsync("GET /api/instance/{id}", instanceIds[0]);
            await portal.SendAsync("POST /api/instance/status", new { instanceIds });
        }

        await portal.CallAsync("DELETE /api/instance/{id}", instanceIds[0]);
    }

    private static async Task DeleteAsync(PortalClient portal, long id)
    {
        var execution = (long)(await portal.CallAsync("GET /api/simulation/{id}", id))["latestExecutionStatus"]!["executionId"]!;
        await portal.CallAsync("DELETE /api/simulation/{id}", id);
        await Wait.UntilAsync(async () => !await portal.IsThereAsync("GET /api/simulation/{id}", id), Limit, "the simulation to be gone");
        await Wait.UntilAsync(
            async () => (string)(await portal.CallAsync("GET /api/simulation/{id}/deletion", id))["status"]! == "COMPLETED", Limit, "the deletion to end");
        await ReadRunsAsync(portal, id, execution);
        await portal.CallAsync("GET /api/simulation?status=deleted");
    }
}
