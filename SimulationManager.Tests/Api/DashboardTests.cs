using System.Net;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, the dashboard view of a simulation and section Dashboard.</summary>
public class DashboardTests(ApiFixture fixture)
{
    [Fact]
    [Contract("simulations/dashboard")]
    public async Task The_dashboard_view_has_all_its_fields_before_the_first_run()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(
            Plans.NewName(), Plans.Step(template, agents: 2, time: 30, delay: 7), Plans.Step(template, order: 2, agents: 3, time: 40, delay: 100)));

        var data = (await user.GetAsync($"/api/simulation/{id}?view=dashboard")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(
            Sorted("simulationId", "simulationName", "latestExecutionStatus", "patternType", "totalExecutionTime", "autonomousAgentCount", "resourceUsage", "podStatus"), FieldsOf(data));
        Assert.Equal((77, 5), ((int)data["totalExecutionTime"]!, (int)data["autonomousAgentCount"]!));
        Assert.Equal(Sorted("executionId", "status", "timestamps", "progress"), FieldsOf(data["latestExecutionStatus"]));
        Assert.Equal(Sorted("cpu", "memory", "disk"), FieldsOf(data["resourceUsage"]));
        foreach (var resource in (string[])["cpu", "memory", "disk"])
        {
            var reading = data["resourceUsage"]![resource]!;
            Assert.Equal(Sorted("usagePercent", "status", "message"), FieldsOf(reading));
            var status = (string)reading["status"]!;
            Assert.Contains(status, (string[])["normal", "collecting", "error"]);
            Assert.Equal(status == "error", (double)reading["usagePercent"]! == -1);
            Assert.NotEmpty((string)reading["message"]!);
        }

        Assert.Equal(Sorted("totalCount", "overallHealthPercent", "statusBreakdown"), FieldsOf(data["podStatus"]));
        Assert.Equal(
            """{"totalCount":5,"overallHealthPercent":100,"statusBreakdown":{"pending":{"count":5,"percentage":100},"running":{"count":0,"percentage":0},"success":{"count":0,"percentage":0},"failed":{"count":0,"percentage":0},"stopped":{"count":0,"percentage":0}}}""",
            data["podStatus"]!.ToJsonString());
    }

    [Fact]
    [Contract("simulations/dashboard")]
    public async Task The_dashboard_view_of_a_run_that_is_over_counts_its_agents_and_an_unknown_view_is_400()
    {
        using var user = await fixture.UserAsync();
        var (id, _) = await ExecutionTests.RunAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), agents: 3, time: 1)));

        var pods = (await user.GetAsync($"/api/simulation/{id}?view=dashboard")).Expect(HttpStatusCode.OK).Data["podStatus"]!;

        Assert.Equal(3, (int)pods["statusBreakdown"]!["success"]!["count"]!);
        Assert.Equal(["view"], (await user.GetAsync($"/api/simulation/{id}?view=sideways")).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("dashboard/overview")]
    public async Task The_overview_counts_what_is_not_deleted()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var template = await TestBundle.UploadAsync(admin);
        var kept = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var deleted = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        foreach (var simulation in (long[])[kept, deleted])
            (await admin.PostAsync("/api/instance", new { instanceName = "extra", simulationId = simulation, templateId = template, instanceCount = 2 })).Expect(HttpStatusCode.Created);
        (await admin.PostAsync("/api/mec", new { name = "edge" })).Expect(HttpStatusCode.Created);
        await DeletionTests.DeleteAsync(admin, deleted);

        var data = (await admin.GetAsync("/api/dashboard/system-overview")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(Sorted("totalSimulations", "runningSimulations", "totalMec", "totalInstances", "timestamp"), FieldsOf(data));
        Assert.Equal((1, 0, 1, 2), ((int)data["totalSimulations"]!, (int)data["runningSimulations"]!, (int)data["totalMec"]!, (int)data["totalInstances"]!));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)data["timestamp"]!);
    }
}
