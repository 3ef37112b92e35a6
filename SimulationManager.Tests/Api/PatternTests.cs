using System.Net;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;
using static SimulationManager.Tests.Api.JsonShape;

namespace SimulationManager.Tests.Api;

/// <summary>Contract, section Pattern editing.</summary>
public class PatternTests(ApiFixture fixture)
{
    private static readonly string StepFields = Sorted(
        "stepOrder", "templateId", "templateName", "templateType", "autonomousAgentCount", "repeatCount", "executionTime", "delayAfterCompletion");

    private static readonly string GroupFields = Sorted(
        "groupId", "groupName", "assignedArea", "templateId", "templateName", "templateType", "autonomousAgentCount", "repeatCount", "executionTime");

    [Fact]
    [Contract("pattern/add-step")]
    public async Task Add_puts_a_step_at_the_end_and_takes_the_next_order_only()
    {
        var (user, id, template) = await SequentialAsync(1);
        using var _ = user;

        var added = (await user.PostAsync(Path(id), new { step = Plans.Step(template, order: 2, agents: 3, time: 120, delay: 5, repeats: 2) })).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("step", FieldsOf(added));
        Assert.Equal(StepFields, FieldsOf(added["step"]));
        Assert.Equal((2, 3, 120, 5, 2), ((int)added["step"]!["stepOrder"]!, (int)added["step"]!["autonomousAgentCount"]!, (int)added["step"]!["executionTime"]!,
            (int)added["step"]!["delayAfterCompletion"]!, (int)added["step"]!["repeatCount"]!));
        Assert.Equal(["step.stepOrder"], (await user.PostAsync(Path(id), new { step = Plans.Step(template, order: 4) })).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal(["step.stepOrder"], (await user.PostAsync(Path(id), new { step = Plans.Step(template, order: 2) })).Expect(HttpStatusCode.BadRequest).ErrorFields);
        Assert.Equal([1, 2], (await StepsAsync(user, id)).Select(step => (int)step!["stepOrder"]!));
    }

    [Fact]
    [Contract("pattern/add-group")]
    public async Task Add_puts_a_group_to_the_others()
    {
        var (user, id, template) = await ParallelAsync(1);
        using var _ = user;

        var added = (await user.PostAsync(Path(id), new { group = Plans.Group(template, agents: 5, time: 120) })).Expect(HttpStatusCode.OK).Data;

        Assert.Equal("group", FieldsOf(added));
        Assert.Equal(GroupFields, FieldsOf(added["group"]));
        Assert.Equal(5, (int)added["group"]!["autonomousAgentCount"]!);
        Assert.Contains(await GroupsAsync(user, id), group => (long)group!["groupId"]! == (long)added["group"]!["groupId"]!);
    }

    [Fact]
    [Contract("pattern/group-names")]
    public async Task A_groups_name_and_area_are_kept_and_shown()
    {
        var (user, id, template) = await ParallelAsync(1);
        using var _ = user;
        var named = new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, groupName = "pickers", assignedArea = "hall 3" };

        var added = (await user.PostAsync(Path(id), new { group = named })).Expect(HttpStatusCode.OK).Data["group"]!;
        var group = (long)added["groupId"]!;
        var changed = (await user.PutAsync(Path(id), new { group = new { groupId = group, assignedArea = "hall 4" } })).Expect(HttpStatusCode.OK).Data["group"]!;

        Assert.Equal(("pickers", "hall 3"), ((string)added["groupName"]!, (string)added["assignedArea"]!));
        Assert.Equal(("pickers", "hall 4"), ((string)changed["groupName"]!, (string)changed["assignedArea"]!));
        var planned = (await GroupsAsync(user, id)).Single(candidate => (long)candidate!["groupId"]! == group)!;
        Assert.Equal(("pickers", "hall 4"), ((string)planned["groupName"]!, (string)planned["assignedArea"]!));
        Assert.Equal(["group.groupName"], (await user.PutAsync(Path(id), new { group = new { groupId = group, groupName = new string('x', 256) } })).Expect(HttpStatusCode.BadRequest).ErrorFields);
    }

    [Fact]
    [Contract("pattern/change")]
    public async Task Change_changes_what_it_names_and_nothing_else()
    {
        var (user, id, template) = await SequentialAsync(2);
        using var _ = user;
        var (other, parallel, __) = await ParallelAsync(1);
        using var ___ = other;
        var group = (long)(await GroupsAsync(other, parallel))[0]!["groupId"]!;

        var step = (await user.PutAsync(Path(id), new { step = new { stepOrder = 2, autonomousAgentCount = 9, delayAfterCompletion = 4 } })).Expect(HttpStatusCode.OK).Data["step"]!;
        var changed = (await other.PutAsync(Path(parallel), new { group = new { groupId = group, repeatCount = 8 } })).Expect(HttpStatusCode.OK).Data["group"]!;

        Assert.Equal(StepFields, FieldsOf(step));
        Assert.Equal((2, 9, 60, 4, 1, template), ((int)step["stepOrder"]!, (int)step["autonomousAgentCount"]!, (int)step["executionTime"]!,
            (int)step["delayAfterCompletion"]!, (int)step["repeatCount"]!, (long)step["templateId"]!));
        Assert.Equal(GroupFields, FieldsOf(changed));
        Assert.Equal((group, 8, 2), ((long)changed["groupId"]!, (int)changed["repeatCount"]!, (int)changed["autonomousAgentCount"]!));
        Assert.Equal(9, (int)(await StepsAsync(user, id))[1]!["autonomousAgentCount"]!);
        (await user.PutAsync(Path(id), new { step = new { stepOrder = 7, repeatCount = 2 } })).Expect(HttpStatusCode.NotFound);
        (await user.PutAsync(Path(id), new { step = new { stepOrder = 1, repeatCount = 0 } })).Expect(HttpStatusCode.BadRequest);
        (await user.PutAsync(Path(id), new { step = new { stepOrder = 1, templateId = 99999999 } })).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Contract("pattern/remove", "pattern/last")]
    public async Task Remove_takes_the_last_step_or_any_group_away_but_never_the_only_one()
    {
        var (user, id, _) = await SequentialAsync(2);
        using var __ = user;
        var (other, parallel, ___) = await ParallelAsync(2);
        using var ____ = other;
        var groups = await GroupsAsync(other, parallel);

        (await user.DeleteAsync(Path(id), new { step = new { stepOrder = 1 } })).Expect(HttpStatusCode.BadRequest);
        var step = (await user.DeleteAsync(Path(id), new { step = new { stepOrder = 2 } })).Expect(HttpStatusCode.OK).Data;
        var group = (await other.DeleteAsync(Path(parallel), new { group = new { groupId = (long)groups[0]!["groupId"]! } })).Expect(HttpStatusCode.OK).Data;

        Assert.Equal((StepFields, GroupFields), (FieldsOf(step["step"]), FieldsOf(group["group"])));
        (await user.DeleteAsync(Path(id), new { step = new { stepOrder = 1 } })).Expect(HttpStatusCode.Conflict);
        (await other.DeleteAsync(Path(parallel), new { group = new { groupId = (long)groups[1]!["groupId"]! } })).Expect(HttpStatusCode.Conflict);
        Assert.Single(await StepsAsync(user, id));
        Assert.Single(await GroupsAsync(other, parallel));
    }

    [Fact]
    [Contract("pattern/kind")]
    public async Task The_wrong_kind_both_or_neither_is_400()
    {
        var (user, id, template) = await SequentialAsync(2);
        using var _ = user;

        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete })
        {
            foreach (var body in Bodies()) (await user.SendAsync(method, Path(id), body)).Expect(HttpStatusCode.BadRequest);
        }

        Assert.Equal(2, (await StepsAsync(user, id)).Count);

        IEnumerable<object> Bodies() =>
        [
            new { }, "null", "[]",
            new { group = new { groupId = 1, templateId = template, autonomousAgentCount = 1, executionTime = 1, repeatCount = 1 } },
            new { step = Plans.Step(template, order: 3), group = new { groupId = 1, templateId = template, autonomousAgentCount = 1, executionTime = 1, repeatCount = 1 } },
        ];
    }

    [Fact]
    [Contract("pattern/running")]
    public async Task A_running_or_deleted_simulations_pattern_is_not_edited()
    {
        var (user, id, template) = await SequentialAsync(1, time: 600, repeats: 1000);
        using var _ = user;
        var execution = await ExecutionTests.StartAsync(user, id);

        (await user.PostAsync(Path(id), new { step = Plans.Step(template, order: 2) })).Expect(HttpStatusCode.Conflict);
        (await user.PutAsync(Path(id), new { step = new { stepOrder = 1, repeatCount = 2 } })).Expect(HttpStatusCode.Conflict);
        (await user.DeleteAsync(Path(id), new { step = new { stepOrder = 1 } })).Expect(HttpStatusCode.Conflict);
        await user.PostAsync($"/api/simulation/{id}/execution/{execution}/stop");
        await DeletionTests.DeleteAsync(user, id);

        (await user.PostAsync(Path(id), new { step = Plans.Step(template, order: 2) })).Expect(HttpStatusCode.NotFound);
    }

    private static string Path(long id) => $"/api/simulation/{id}/pattern";

    private static async Task<JsonArray> StepsAsync(ApiClient user, long id) =>
        (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["steps"]!.AsArray();

    private static async Task<JsonArray> GroupsAsync(ApiClient user, long id) =>
        (await user.GetAsync($"/api/simulation/{id}")).Expect(HttpStatusCode.OK).Data["executionPlan"]!["groups"]!.AsArray();

    private async Task<(ApiClient User, long Id, long Template)> SequentialAsync(int steps, int time = 60, int repeats = 1)
    {
        var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Sequential(
            Plans.NewName(), [.. Enumerable.Range(1, steps).Select(order => Plans.Step(template, order, time: time, repeats: repeats))]));
        return (user, id, template);
    }

    private async Task<(ApiClient User, long Id, long Template)> ParallelAsync(int groups)
    {
        var user = await fixture.UserAsync();
        var template = await TestBundle.UploadAsync(user);
        var id = await Plans.CreateAsync(user, Plans.Parallel(Plans.NewName(), [.. Enumerable.Range(1, groups).Select(_ => Plans.Group(template))]));
        return (user, id, template);
    }
}
