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
        Assert.Equal("PENDING", (string)data["latestExecutionStatus"]!);
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

        var data = (await user.GetAsync($"/api/simulation/{id}?view=dashboard")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("COMPLETED", (string)data["latestExecutionStatus"]!);
        Assert.Equal(3, (int)data["podStatus"]!["statusBreakdown"]!["success"]!["count"]!);
        Assert.Equal(["view"], (await user.GetAsync($"/api/simulation/{id}?view=sideways")).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("dashboard/overview")]
    public async Task The_overview_counts_all_agents_and_all_sites_that_are_not_deleted()
    {
        await using var api = await ApiHost.StartAsync(await fixture.NewSystemAsync());
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        var template = await TestBundle.UploadAsync(admin);
        var kept = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var deleted = await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        await Plans.CreateAsync(admin, Plans.Sequential(Plans.NewName(), Plans.Step(template, agents: 3), Plans.Step(template, order: 2, agents: 4)));
        foreach (var simulation in (long[])[kept, deleted])
            (await admin.PostAsync("/api/instance", new { instanceName = "extra", simulationId = simulation, templateId = template, instanceCount = 2 })).Expect(HttpStatusCode.Created);
        foreach (var name in (string[])["edge", "edge-2"]) (await admin.PostAsync("/api/mec", new { name })).Expect(HttpStatusCode.Created);
        foreach (var mecId in (string[])["edge", "", "far away"]) await Plans.CreateAsync(admin, AtSite(mecId, template));
        await DeletionTests.DeleteAsync(admin, deleted);

        var data = (await admin.GetAsync("/api/dashboard/system-overview")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(Sorted("totalSimulations", "runningSimulations", "totalMec", "totalInstances", "timestamp"), FieldsOf(data));
        // Agents: 2 of the group, 3 and 4 of the steps, 3 of the three at sites, 2 by hand. Sites: two registered, mec-01, far away.
        Assert.Equal((5, 0, 4, 14), ((int)data["totalSimulations"]!, (int)data["runningSimulations"]!, (int)data["totalMec"]!, (int)data["totalInstances"]!));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)data["timestamp"]!);
    }

    private static object AtSite(string mecId, long template) => new
    {
        simulationName = Plans.NewName(), patternType = "parallel", mecId, pattern = new { groups = new[] { Plans.Group(template, agents: 1) } },
    };
}
