using System.Net;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Instances: adding agents, and what is refused.</summary>
public class InstanceTests(ApiFixture fixture)
{
    [Fact]
    [Contract("instances/create", "instances/list", "instances/get", "instances/pod-name", "today/instances")]
    public async Task Created_agents_are_listed_and_described()
    {
        var (user, simulation, ids) = await CreateAsync(2);
        using var _ = user;

        var list = (await user.GetAsync($"/api/instance?simulationId={simulation}")).Expect(HttpStatusCode.OK).Data.AsArray();
        var one = (await user.GetAsync($"/api/instance/{ids[0]}")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(ids, list.Select(item => (long)item!["instanceId"]!));
        Assert.Equal(
            Sorted("instanceId", "instanceName", "instanceDescription", "instanceCreatedAt", "podName", "podNamespace", "podStatus", "runningStatus"), FieldsOf(list[0]));
        Assert.Equal(($"instance-{simulation}-{ids[0]}", $"simulation-{simulation}", "Stopped"),
            ((string)list[0]!["podName"]!, (string)list[0]!["podNamespace"]!, (string)list[0]!["runningStatus"]!));
        Assert.Equal(
            Sorted("instanceId", "podName", "instanceNamespace", "instanceStatus", "instanceImage", "instanceAge", "instanceLabel", "templateType", "topics"), FieldsOf(one));
        Assert.Equal(($"instance-{simulation}-{ids[0]}", "turtlesim", "/turtle1/cmd_vel"), ((string)one["podName"]!, (string)one["templateType"]!, (string)one["topics"]!));
        (await user.GetAsync("/api/instance/99999999")).Expect(HttpStatusCode.NotFound);
        (await user.GetAsync("/api/instance?simulationId=x")).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("instances/create")]
    public async Task Creating_agents_of_a_simulation_or_template_that_is_not_there_is_400()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var simulation = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));

        Assert.Equal(["simulationId"], (await user.PostAsync("/api/instance", Body(99999999, template))).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal(["templateId"], (await user.PostAsync("/api/instance", Body(simulation, 99999999))).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal(["instanceCount"], (await user.PostAsync("/api/instance", Body(simulation, template, 0))).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal(["instanceName"], (await user.PostAsync("/api/instance", new { instanceName = " ", simulationId = simulation, templateId = template, instanceCount = 1 })).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("instances/action", "instances/status")]
    public async Task An_unknown_agent_action_or_an_empty_list_is_refused()
    {
        var (user, _, ids) = await CreateAsync(1);
        using var __ = user;

        (await user.PostAsync("/api/instance/action", new { instanceIds = ids, action = "jump" })).Expect(HttpStatusCode.BadRequest);
        (await user.PostAsync("/api/instance/action", new { instanceIds = Array.Empty<long>(), action = "start" })).Expect(HttpStatusCode.BadRequest);
        (await user.PostAsync("/api/instance/action", new { instanceIds = new[] { 99999999L }, action = "start" })).Expect(HttpStatusCode.NotFound);
        (await user.PostAsync("/api/instance/status", new { instanceIds = new[] { 99999999L } })).Expect(HttpStatusCode.NotFound);
    }

    private static object Body(long simulation, long template, int count = 1) =>
        new { instanceName = "extra", instanceDescription = "by hand", simulationId = simulation, templateId = template, instanceCount = count };

    private async Task<(ApiClient User, long Simulation, long[] Ids)> CreateAsync(int count)
    {
        var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var simulation = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(template)));
        var created = (await user.PostAsync("/api/instance", Body(simulation, template, count))).Expect(HttpStatusCode.Created).Data.AsArray();
        Assert.Equal(Sorted("instanceId", "instanceName", "instanceDescription", "simulationId", "templateId", "podName"), FieldsOf(created[0]));
        Assert.Equal(count, created.Count);
        return (user, simulation, [.. created.Select(item => (long)item!["instanceId"]!)]);
    }
}
