using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Executions;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Instances: agents that a person adds by hand, with a real worker.</summary>
public class ManualInstanceTests(ApiFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    [Contract("instances/list", "instances/get", "instances/pod-name", "today/instances")]
    public async Task An_added_agent_has_the_contracts_fields_and_does_not_play_until_it_is_started()
    {
        using var user = await fixture.UserAsync();
        var (simulation, ids) = await AddAsync(user, count: 2);

        var listed = (await user.GetAsync($"/api/instance?simulationId={simulation}")).Expect(HttpStatusCode.OK).Data.AsArray();
        var detail = (await user.GetAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(2, listed.Count);
        Assert.Equal(
            Sorted("instanceId", "instanceName", "instanceDescription", "instanceCreatedAt", "podName", "podNamespace", "podStatus", "runningStatus"), FieldsOf(listed[0]));
        Assert.Equal(
            Sorted("instanceId", "podName", "instanceNamespace", "instanceStatus", "instanceImage", "instanceAge", "instanceLabel", "templateType", "topics"), FieldsOf(detail));
        Assert.Equal($"instance-{simulation}-{ids[0]}", (string)detail["podName"]!);
        Assert.Equal(["Stopped", "Stopped"], await StatusesAsync(user, ids));
    }

    [Fact]
    [Contract("instances/action", "instances/status", "instances/delete")]
    public async Task Start_lets_agents_play_over_and_over_and_stop_ends_them()
    {
        using var user = await fixture.UserAsync();
        var (_, ids) = await AddAsync(user, count: 3);
        var worker = await fixture.WorkerAsync();

        var started = await ActAsync(user, ids, "start");
        (await user.PostAsync("/api/instance/action", new { instanceIds = ids, action = "start" })).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"status":"START"}""", started.ToJsonString());
        Assert.Equal(["Running", "Running", "Running"], await StatusesAsync(user, ids));
        await Wait.UntilAsync(() => Array.TrueForAll(ids, id => PlayingOn(worker, id) is { Loop: true, AgentCount: 1 }), Patience, "all to play");
        await Wait.UntilAsync(async () => await MessagesAsync(worker, ids[0]) > 3, Patience, "messages");
        (await user.DeleteAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.Conflict);

        var stopped = await ActAsync(user, ids, "stop");
        Assert.Equal("""{"status":"STOP"}""", stopped.ToJsonString());
        Assert.Equal(["Stopped", "Stopped", "Stopped"], await StatusesAsync(user, ids));
        Assert.All(ids, id => Assert.Null(PlayingOn(worker, id)));
        (await user.DeleteAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.OK);
        (await user.GetAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_start_right_after_a_stop_is_not_lost()
    {
        using var user = await fixture.UserAsync();
        var (_, ids) = await AddAsync(user, count: 1);
        var worker = await fixture.WorkerAsync();
        await ActAsync(user, ids, "start");
        for (var round = 0; round < 5; round++)
        {
            var grain = GrainOf(worker, ids[0]);
            await Wait.UntilAsync(() => PlayingOn(worker, ids[0]) is not null, Patience, "it to play");

            var stopped = grain.Stop(long.MaxValue);
            await Task.WhenAll(stopped, grain.Start(long.MaxValue));

            Assert.Equal(["Running"], await StatusesAsync(user, ids));
        }
        await ActAsync(user, ids, "stop");
    }

    [Fact]
    public async Task A_stop_that_comes_late_is_refused_though_the_start_after_it_found_the_agent_playing()
    {
        using var user = await fixture.UserAsync();
        var (_, ids) = await AddAsync(user, count: 1);
        var worker = await fixture.WorkerAsync();
        await ActAsync(user, ids, "start");
        var seen = (await RowAsync(new Scenario(worker.Services), ids[0])).CommandEpoch;

        await ActAsync(user, ids, "start");

        Assert.False(await GrainOf(worker, ids[0]).Stop(seen));
        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        await ActAsync(user, ids, "stop");
    }

    [Fact]
    public async Task A_start_that_comes_late_is_refused_though_the_stop_after_it_found_the_agent_stopped()
    {
        using var user = await fixture.UserAsync();
        var (_, ids) = await AddAsync(user, count: 1);
        var worker = await fixture.WorkerAsync();
        var seen = (await RowAsync(new Scenario(worker.Services), ids[0])).CommandEpoch;

        await ActAsync(user, ids, "stop");

        Assert.False(await GrainOf(worker, ids[0]).Start(seen));
        Assert.Equal(["Stopped"], await StatusesAsync(user, ids));
        await ActAsync(user, ids, "start");
        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        await ActAsync(user, ids, "stop");
    }

    [Fact]
    public async Task A_start_of_an_agent_that_is_about_to_stop_begins_it_anew()
    {
        using var user = await fixture.UserAsync();
        var (_, ids) = await AddAsync(user, count: 1);
        var worker = await fixture.WorkerAsync();
        await ActAsync(user, ids, "start");
        await ActAsync(user, ids, "stop");
        // As after the death of a silo that had persisted a stop and no end.
        await new Scenario(worker.Services).QueryAsync(database => database.Instances.Where(row => row.Id == ids[0]).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Status, RunStatus.Running).SetProperty(row => row.StateVersion, row => row.StateVersion + 1)));

        await ActAsync(user, ids, "start");

        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        Assert.False((await RowAsync(new Scenario(worker.Services), ids[0])).StopRequested);
        await ActAsync(user, ids, "stop");
    }

    [Fact]
    [Contract("instances/status")]
    public async Task An_agent_whose_bundle_is_gone_says_so_and_plays_once_it_is_started_with_another()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var (_, ids) = await AddAsync(user, count: 1, template);
        var worker = await fixture.WorkerAsync();
        var files = await new Scenario(worker.Services).QueryAsync(async database => (await database.Templates.FindAsync(template))!.Files);
        await worker.Get<BundleStore>().RemoveAsync(files[^1].ObjectKey, TestContext.Current.CancellationToken);

        await ActAsync(user, ids, "start");
        var gone = $"'{files[^1].FileName}' is not in object storage any more: upload the template's files again";
        await Wait.UntilAsync(async () => (await StatusesAsync(user, ids))[0] == gone, Patience, "the failure to show");
        (await user.PatchAsync($"/api/template/{template}", TestBundleFiles().Form)).Expect(HttpStatusCode.OK);
        await ActAsync(user, ids, "start");

        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        await ActAsync(user, ids, "stop");
    }

    [Fact]
    [Contract("simulations/deletion")]
    public async Task Deleting_a_simulation_ends_its_playing_agents_first()
    {
        using var user = await fixture.UserAsync();
        var (simulation, ids) = await AddAsync(user, count: 2);
        var worker = await fixture.WorkerAsync();
        await ActAsync(user, ids, "start");

        (await user.DeleteAsync($"/api/simulation/{simulation}")).Expect(HttpStatusCode.Accepted);
        await Wait.UntilAsync(
            async () => (string)(await user.GetAsync($"/api/simulation/{simulation}/deletion")).Data["status"]! == "COMPLETED", Patience, "the deletion");

        Assert.All(ids, id => Assert.Null(PlayingOn(worker, id)));
        (await user.GetAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Length", "Long")]
    public async Task A_playing_agent_goes_on_where_it_was_when_its_worker_was_killed_and_when_the_next_was_shut_down()
    {
        var settings = await fixture.NewSystemAsync();
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        await using var first = await WorkerProcess.StartAsync(settings);
        using var user = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await UntilWorkerIsConnectedAsync(user);
        var (_, ids) = await AddAsync(user, count: 1);
        // A silo that has only just joined may refuse its first call; the 503 asks to try again.
        await Wait.UntilAsync(
            async () => (await user.PostAsync("/api/instance/action", new { instanceIds = ids, action = "start" })).Status != HttpStatusCode.ServiceUnavailable,
            Patience, "the worker to take the start");
        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        await using var second = await WorkerHost.StartAsync(settings);
        var rows = new Scenario(second.Services);
        await Wait.UntilAsync(
            async () => (await RowAsync(rows, ids[0])).Checkpoint is { } checkpoint && CohortCheckpoint.FromBytes(checkpoint).Agents[0].MessagesOut > 1, Patience, "a checkpoint");

        await first.KillAsync();
        await Wait.UntilAsync(() => PlayingOn(second, ids[0]) is not null, TimeSpan.FromSeconds(30), "the second worker to take it up");
        var taken = await MessagesAsync(second, ids[0]);
        Assert.Equal(["Running"], await StatusesAsync(user, ids));
        Assert.True(taken > 1, "it goes on with its counts, not from nothing");

        await using var third = await WorkerHost.StartAsync(settings);
        await second.DisposeAsync();
        await Wait.UntilAsync(() => PlayingOn(third, ids[0]) is not null, TimeSpan.FromSeconds(30), "the third worker to take it up");
        Assert.True(await MessagesAsync(third, ids[0]) >= taken);
        Assert.Equal(["Running"], await StatusesAsync(user, ids));
    }

    private static async Task<(long Simulation, long[] Ids)> AddAsync(ApiClient user, int count, long? template = null)
    {
        template ??= await TestBundle.UploadAsync(user);
        var simulation = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template.Value)));
        var added = (await user.PostAsync(
            "/api/instance",
            new { instanceName = "by hand", instanceDescription = "one more", simulationId = simulation, templateId = template, instanceCount = count })).Expect(HttpStatusCode.Created).Data;
        Assert.Equal(Sorted("instanceId", "instanceName", "instanceDescription", "simulationId", "templateId", "podName"), FieldsOf(added[0]));
        return (simulation, [.. added.AsArray().Select(instance => (long)instance!["instanceId"]!)]);
    }

    private static async Task<JsonNode> ActAsync(ApiClient user, long[] ids, string action) =>
        (await user.PostAsync("/api/instance/action", new { instanceIds = ids, action })).Expect(HttpStatusCode.OK).Data;

    private static async Task<string[]> StatusesAsync(ApiClient user, long[] ids) =>
        [.. (await user.PostAsync("/api/instance/status", new { instanceIds = ids })).Expect(HttpStatusCode.OK).Data.AsArray().Select(status => (string)status!["runningStatus"]!)];

    private static async Task<long> MessagesAsync(WorkerHost worker, long id) =>
        PlayingOn(worker, id) is { } cohort ? (await cohort.SnapshotAsync()).Agents.Single().MessagesOut : 0;

    private static ReplayCohort? PlayingOn(WorkerHost worker, long id) => worker.Get<CohortPlayers>().List()
        .Where(player => player.Key.Run == new RunKey(RunKind.Instance, id))
        .Select(player => player.Cohort!)
        .SingleOrDefault(cohort => !cohort.Ended.IsCompleted);

    private static IManualInstanceGrain GrainOf(WorkerHost worker, long id) => worker.Get<IGrainFactory>().GetGrain<IManualInstanceGrain>(id);

    private static Task<Instance> RowAsync(Scenario rows, long id) => rows.QueryAsync(async database => (await database.Instances.FindAsync(id))!);

    private static Task UntilWorkerIsConnectedAsync(ApiClient user) => Wait.UntilAsync(
        async () => (await user.GetAsync("/health")).Text.Contains("\"worker\":{\"status\":\"Healthy\"", StringComparison.Ordinal),
        TimeSpan.FromSeconds(60), "the worker to be connected");

    private static TestBundle TestBundleFiles() => new TestBundle()
        .File("metadata_file", Path.Combine(TestBundle.Folder("turtlesim_cmd_vel"), "metadata.yaml"))
        .File("db_file", TestBundle.Db3("turtlesim_cmd_vel"));
}
