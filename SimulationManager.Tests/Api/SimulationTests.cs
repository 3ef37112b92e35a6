using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Simulations: creating and reading one.</summary>
public class SimulationTests(ApiFixture fixture)
{
    [Fact]
    [Contract("simulations/create")]
    public async Task Create_answers_201_with_the_whole_object()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var name = Plans.NewName();

        var data = (await user.PostAsync("/api/simulation", Plans.Sequential(name, Plans.Step(template, agents: 2), Plans.Step(template, order: 2, agents: 3)))).Expect(HttpStatusCode.Created).Data;

        Assert.Equal(
            Sorted("simulationId", "simulationName", "simulationDescription", "patternType", "status", "simulationNamespace", "mecId", "createdAt", "totalExpectedPods"),
            FieldsOf(data));
        var id = (long)data["simulationId"]!;
        Assert.Equal((name, "morning shift", "sequential", "PENDING", $"simulation-{id}", "mec-01", 5),
            ((string)data["simulationName"]!, (string)data["simulationDescription"]!, (string)data["patternType"]!, (string)data["status"]!,
                (string)data["simulationNamespace"]!, (string)data["mecId"]!, (long)data["totalExpectedPods"]!));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)data["createdAt"]!);
    }

    [Fact]
    [Contract("simulations/detail", "today/late-steps")]
    public async Task Steps_are_there_when_the_create_call_has_answered()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(template, order: 2, delay: 10), Plans.Step(template, agents: 7, time: 300, repeats: 3)));

        var data = (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data;

        Assert.Equal(
            Sorted("simulationId", "simulationName", "simulationDescription", "patternType", "mecId", "namespace", "createdAt", "executionPlan", "latestExecutionStatus"),
            FieldsOf(data));
        Assert.Equal("steps", FieldsOf(data["executionPlan"]));
        var step = data["executionPlan"]!["steps"]![0]!;
        Assert.Equal(
            Sorted("stepOrder", "templateId", "templateName", "templateType", "autonomousAgentCount", "repeatCount", "executionTime", "delayAfterCompletion"), FieldsOf(step));
        Assert.Equal((1, 7, 3, 300, 0), ((int)step["stepOrder"]!, (int)step["autonomousAgentCount"]!, (int)step["repeatCount"]!, (int)step["executionTime"]!, (int)step["delayAfterCompletion"]!));
        Assert.Equal(10, (int)data["executionPlan"]!["steps"]![1]!["delayAfterCompletion"]!);
    }

    [Fact]
    [Contract("simulations/stand-in", "simulations/detail", "simulations/status")]
    public async Task Before_the_first_run_the_latest_execution_is_a_stand_in()
    {
        using var user = await fixture.UserAsync();
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(user), agents: 4)));

        var detail = (await user.GetAsync($"/api/simulation/{id}?view=detail")).Expect(HttpStatusCode.OK).Data;
        var status = (await user.GetAsync($"/api/simulation/{id}/status")).Expect(HttpStatusCode.OK).Data;

        var latest = detail["latestExecutionStatus"]!;
        Assert.Equal(Sorted("executionId", "status", "timestamps", "progress"), FieldsOf(latest));
        Assert.Equal((0, "PENDING", 0.0), ((long)latest["executionId"]!, (string)latest["status"]!, (double)latest["progress"]!["overallProgress"]!));
        Assert.Equal(Sorted("createdAt", "lastUpdated"), FieldsOf(latest["timestamps"]));
        Assert.Equal("overallProgress", FieldsOf(latest["progress"]));
        var group = detail["executionPlan"]!["groups"]![0]!;
        Assert.Equal(Sorted("groupId", "templateId", "templateName", "templateType", "autonomousAgentCount", "repeatCount", "executionTime"), FieldsOf(group));
        Assert.Equal(Sorted("simulationId", "patternType", "currentStatus"), FieldsOf(status));
        Assert.Equal("PENDING", (string)status["currentStatus"]!["status"]!);
        Assert.Equal(Sorted("overallProgress", "completedGroups", "runningGroups", "totalGroups"), FieldsOf(status["currentStatus"]!["progress"]));
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "simulationName", "  ", "simulationName" },
        { "simulationName", new string('x', 31), "simulationName" },
        { "simulationDescription", new string('x', 101), "simulationDescription" },
        { "mecId", new string('x', 51), "mecId" },
        { "patternType", "both", "patternType" },
        { "patternType", "Parallel", "patternType" },
    };

    [Theory]
    [Contract("simulations/rules", "today/blank")]
    [MemberData(nameof(Refused))]
    public async Task Create_refuses_a_text_that_breaks_a_rule(string field, string value, string named)
    {
        var (user, plan) = await PlanAsync();
        using var _ = user;
        plan[field] = value;

        Assert.Equal([named], (await user.PostAsync("/api/simulation", plan.ToJsonString())).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Theory]
    [Contract("simulations/rules", "envelope/errors")]
    [InlineData("autonomousAgentCount", "0")]
    [InlineData("autonomousAgentCount", "-5")]
    [InlineData("executionTime", "0")]
    [InlineData("repeatCount", "0")]
    [InlineData("delayAfterCompletion", "-1")]
    [InlineData("templateId", "99999999")]
    [InlineData("templateId", "null")]
    [InlineData("autonomousAgentCount", "null")]
    [InlineData("executionTime", "1.5")]
    [InlineData("repeatCount", "\"many\"")]
    public async Task Create_refuses_a_number_that_breaks_a_rule(string field, string value)
    {
        var (user, plan) = await PlanAsync();
        using var _ = user;
        plan["pattern"]!["steps"]![0]![field] = JsonNode.Parse(value);

        Assert.Equal([$"pattern.steps[0].{field}"], (await user.PostAsync("/api/simulation", plan.ToJsonString())).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Theory]
    [Contract("simulations/rules", "today/duplicate-order")]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(0, 1)]
    public async Task Create_refuses_step_orders_with_a_gap_or_a_duplicate(int first, int second)
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);

        (await user.PostAsync("/api/simulation", Plans.Sequential(Plans.NewName(), Plans.Step(template, first), Plans.Step(template, second)))).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("simulations/rules", "today/blank")]
    public async Task Create_refuses_a_pattern_that_is_missing_empty_or_of_the_other_kind()
    {
        using var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);

        foreach (var pattern in new object?[] { null, new { }, new { steps = Array.Empty<object>() }, new { groups = new[] { Plans.Group(template) } } })
            (await user.PostAsync("/api/simulation", new { simulationName = Plans.NewName(), patternType = "sequential", pattern })).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("simulations/rules", "status/409")]
    public async Task A_taken_name_is_409()
    {
        using var user = await fixture.UserAsync();
        var plan = Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user)));
        (await user.PostAsync("/api/simulation", plan)).Expect(HttpStatusCode.Created);

        (await user.PostAsync("/api/simulation", plan)).Expect(HttpStatusCode.Conflict);
    }

    [Theory]
    [Contract("today/unknown-ids", "status/404")]
    [InlineData("GET", "")]
    [InlineData("GET", "/status")]
    [InlineData("POST", "/start")]
    [InlineData("GET", "/execution")]
    [InlineData("GET", "/execution/1")]
    [InlineData("POST", "/execution/1/stop")]
    [InlineData("GET", "/execution/1/report")]
    [InlineData("GET", "/execution/1/instances")]
    public async Task An_unknown_id_is_404(string method, string path)
    {
        using var user = await fixture.UserAsync();

        (await user.SendAsync(new HttpMethod(method), $"/api/simulation/99999999{path}")).Expect(HttpStatusCode.NotFound);
    }

    private async Task<(ApiClient User, JsonObject Plan)> PlanAsync()
    {
        var user = await fixture.UserAsync();
        var plan = Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user)));
        return (user, System.Text.Json.JsonSerializer.SerializeToNode(plan)!.AsObject());
    }
}
