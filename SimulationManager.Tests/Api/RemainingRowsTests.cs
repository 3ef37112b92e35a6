using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using SimulationManager.Tests.Api.Coverage;
using SimulationManager.Tests.Worker;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, sections Templates and Executions: what the other classes do not ask.</summary>
public class RemainingRowsTests(ApiFixture fixture)
{
    [Fact]
    [Contract("templates/zstd")]
    public async Task A_zstd_compressed_file_is_taken_and_played()
    {
        using var user = await fixture.UserAsync();
        using var compressor = new ZstdSharp.Compressor();
        var bytes = compressor.Wrap(await File.ReadAllBytesAsync(TestBundle.Db3("turtlesim_cmd_vel"), TestContext.Current.CancellationToken)).ToArray();

        var created = (await user.PostAsync("/api/template", TestBundle.Named(Plans.NewName()).File("db_file", bytes, "turtle_0.db3.zstd").Form)).Expect(HttpStatusCode.Created).Data;
        var id = (long)created["templateId"]!;
        var (simulation, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(id, agents: 1)));

        Assert.Equal("turtle_0.db3.zstd", (string)created["dbFile"]!["fileName"]!);
        Assert.Equal(113, (int)(await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["messagesOut"]!);
    }

    [Theory]
    [Contract("templates/mcap")]
    [InlineData("bagel_mcap", "part_0.mcap", 15, "none", 4)]
    [InlineData("bagel_mcap_zstd", "part_0.mcap.zstd", 6, "file", 2)]
    public async Task An_mcap_recording_is_taken_described_and_played(string bag, string fileName, int messages, string compression, int topics)
    {
        using var user = await fixture.UserAsync();
        var id = await TestBundle.UploadAsync(user, TestBundle.Folder(bag), Plans.NewName());

        var described = (await user.GetAsync($"/api/template/{id}/bag")).Expect(HttpStatusCode.OK).Data;
        var (simulation, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(id, agents: 2)));

        Assert.Equal(fileName, (string)described["files"]![0]!["fileName"]!);
        Assert.Equal(("mcap", messages, compression, topics),
            ((string)described["storageIdentifier"]!, (int)described["messageCount"]!, (string)described["compression"]!, described["topics"]!.AsArray().Count));
        Assert.Equal(2 * messages, (int)(await user.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report")).Expect(HttpStatusCode.OK).Data["messagesOut"]!);
    }

    [Fact]
    [Contract("templates/mcap")]
    public async Task A_lone_mcap_file_is_taken_without_metadata()
    {
        using var user = await fixture.UserAsync();

        var created = (await user.PostAsync("/api/template", TestBundle.Named(Plans.NewName())
            .File("db_file", Path.Combine(TestBundle.Folder("bagel_mcap"), "part_0.mcap")).Form)).Expect(HttpStatusCode.Created).Data;

        var bag = (await user.GetAsync($"/api/template/{(long)created["templateId"]!}/bag")).Expect(HttpStatusCode.OK).Data;
        Assert.Equal((15, "mcap"), ((int)bag["messageCount"]!, (string)bag["storageIdentifier"]!));
    }

    [Fact]
    [Contract("executions/parallel")]
    public async Task A_parallel_run_has_groupDetails_and_counts_its_groups()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var (id, execution) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template, time: 1), Plans.Group(template, agents: 3, time: 1)));

        var current = (await user.GetAsync($"/api/simulation/{id}/execution/{execution}")).Expect(HttpStatusCode.OK).Data["execution"]!["currentStatus"]!;

        Assert.Equal(Sorted("status", "message", "timestamps", "progress", "groupDetails"), FieldsOf(current));
        Assert.Equal("""{"overallProgress":100,"completedGroups":2,"runningGroups":0,"totalGroups":2}""", current["progress"]!.ToJsonString());
        Assert.Equal([2, 3], current["groupDetails"]!.AsArray().Select(group => (int)group!["autonomousAgents"]!));
        Assert.Equal(
            Sorted("groupId", "status", "progress", "autonomousAgents", "currentRepeat", "totalRepeats", "startedAt", "completedAt"), FieldsOf(current["groupDetails"]![0]));
    }

    [Fact]
    [Contract("executions/limit", "today/status-between")]
    public async Task The_time_limit_completes_a_step_and_the_run_stays_RUNNING_in_the_pause_after_it()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, time: 1, delay: 600, repeats: 1000), Plans.Step(template, order: 2)));
        var execution = await ExecutionTests.StartAsync(user, id);
        JsonNode current = null!;
        await Wait.UntilAsync(
            async () => (string)(current = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data["currentStatus"]!)["stepDetails"]![0]!["status"]! == "COMPLETED",
            TimeSpan.FromSeconds(30), "the first step to end");

        Assert.Equal(("RUNNING", "PENDING"), ((string)current["status"]!, (string)current["stepDetails"]![1]!["status"]!));
        Assert.Equal((1, 1, 2), ((int)current["progress"]!["currentStep"]!, (int)current["progress"]!["completedSteps"]!, (int)current["progress"]!["totalSteps"]!));
        (await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    [Contract("simulations/queries")]
    public async Task A_list_a_detail_and_a_status_take_few_queries_however_much_there_is()
    {
        var settings = await fixture.NewSystemAsync();
        // Before the first query: who nobody listens to, remembers that for a while.
        using var queries = new QueryCount(new NpgsqlConnectionStringBuilder(settings["ConnectionStrings:robotdb"]).Database!);
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var template = await TestBundle.UploadAsync(admin);
        long id = 0;
        for (var number = 0; number < 30; number++) id = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template), Plans.Group(template)));

        Assert.InRange(await LeastAsync("/api/simulation?size=30"), 1, 3);
        Assert.InRange(await LeastAsync("/api/simulation/summary"), 1, 1);
        Assert.InRange(await LeastAsync($"/api/simulation/{id}"), 1, 3);
        Assert.InRange(await LeastAsync($"/api/simulation/{id}/status"), 1, 2);
        Assert.InRange(await LeastAsync($"/api/simulation/{id}/execution"), 1, 3);
        Assert.InRange(await LeastAsync("/api/template"), 1, 1);

        // Background work of this process asks at times, too: of several tries the least is the request's own.
        async Task<int> LeastAsync(string path)
        {
            var least = int.MaxValue;
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var before = queries.Count;
                (await admin.GetAsync(path)).Expect(HttpStatusCode.OK);
                least = Math.Min(least, queries.Count - before);
            }

            return least;
        }
    }

    [Fact]
    [Contract("today/deletion-without-redis", "simulations/deleting")]
    public async Task A_deletion_ends_also_while_Redis_is_away()
    {
        var settings = await fixture.NewSystemAsync();
        await using var redis = OutageTests.Intercept(settings, "ConnectionStrings:redis", ":(\\d+)");
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var id = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(admin))));
        await redis.CutAsync();

        (await admin.DeleteAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.Accepted);
        var detail = (await admin.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data;
        JsonNode deletion = null!;
        await Wait.UntilAsync(
            async () => (string)(deletion = (await admin.GetAsync($"/api/simulation/{id}/deletion")).Expect(HttpStatusCode.OK).Data)["status"]! == "COMPLETED",
            TimeSpan.FromSeconds(40), "the deletion to end");

        Assert.Equal("DELETING", (string)detail["latestExecutionStatus"]!["status"]!);
        Assert.Equal("""{"namespace":"COMPLETED","redis":"FAILED","db":"COMPLETED"}""", deletion["steps"]!.ToJsonString());
        Assert.NotEmpty((string)deletion["errorMessage"]!);
        (await admin.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.NotFound);
    }
}
