using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Console;

/// <summary>Two runs side by side.</summary>
[Collection(ConsoleBrowser.Collection)]
public class CompareRunsTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task Two_runs_of_the_history_are_compared_with_what_differs_in_their_plans()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(client);
        var simulation = await Plans.CreateAsync(client, Plans.Sequential(Plans.NewName(), StepOf(template, rate: 100)));
        var first = await RunAsync(client, simulation);
        (await client.PutAsync($"/api/simulation/{simulation}/pattern", new { step = new { stepOrder = 1, autonomousAgentCount = 4, playback = new { rate = 50.0 } } })).Expect(HttpStatusCode.OK);
        var second = await RunAsync(client, simulation);
        var sent = (long)(await client.GetAsync($"/api/simulation/{simulation}/execution/{first}/report")).Data["messagesOut"]!;
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();

        await page.GotoAsync($"/simulations/{simulation}");
        var compare = page.GetByRole(AriaRole.Button, new() { Name = "Compare", Exact = true });
        await Assertions.Expect(compare).ToBeDisabledAsync();
        await page.GetByLabel($"Compare run #{second}").CheckAsync();
        await page.GetByLabel($"Compare run #{first}").CheckAsync();
        await compare.ClickAsync();

        await visitor.HeadingAsync("Two runs compared");
        var whole = page.GetByRole(AriaRole.Region, new() { Name = "Whole run" });
        await Assertions.Expect(RowOf(whole, "Agents")).ToHaveTextAsync(new Regex(@"^\s*Agents\s*2\s*4\s*\+2\s*\+100\s%\s*$"));
        await Assertions.Expect(RowOf(whole, "Messages sent")).ToHaveTextAsync(new Regex($@"^\s*Messages sent\s*{sent}\s*{2 * sent}\s*\+{sent}\s*\+100\s%\s*$"));
        var plans = page.GetByRole(AriaRole.Region, new() { Name = "What differs in the plans" });
        await Assertions.Expect(RowOf(plans, "steps[1].playback.rate")).ToHaveTextAsync(new Regex(@"100\s*50\s*$"));
        await Assertions.Expect(plans.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        Assert.EndsWith($"/simulations/{simulation}/compare?a={first}&b={second}", page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.GetByLabel("First run")).ToHaveValueAsync($"{first}");
        await Assertions.Expect(page.GetByLabel("Second run")).ToHaveValueAsync($"{second}");
        await page.GetByLabel("Second run").SelectOptionAsync($"{first}");
        await Assertions.Expect(page.GetByText("Both runs had the same plan.")).ToBeVisibleAsync();
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Runs_of_two_simulations_are_compared_part_by_part_in_their_order()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(client);
        object GroupOf(string name, int agents) => new { groupName = name, templateId = template, autonomousAgentCount = agents, executionTime = 60, repeatCount = 1, playback = new { rate = 100.0 } };
        var simulation = await Plans.CreateAsync(client, Plans.Parallel(Plans.NewName(), GroupOf("north", 1), GroupOf("south", 2)));
        var other = await Plans.CreateAsync(client, Plans.Parallel(Plans.NewName(), GroupOf("north", 3)));
        var (first, second) = (await RunAsync(client, simulation), await RunAsync(client, other));
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();

        await page.GotoAsync($"/simulations/{simulation}/compare?a={first}&of={other}");
        await page.GetByLabel("Second run").SelectOptionAsync($"{second}");

        await Assertions.Expect(RowOf(page.GetByRole(AriaRole.Region, new() { Name = "1. north" }), "Agents")).ToHaveTextAsync(new Regex(@"^\s*Agents\s*1\s*3\s*\+2"));
        await Assertions.Expect(RowOf(page.GetByRole(AriaRole.Region, new() { Name = "2. south" }), "Agents")).ToHaveTextAsync(new Regex(@"^\s*Agents\s*2\s*–\s*–"));
        var plans = page.GetByRole(AriaRole.Region, new() { Name = "What differs in the plans" });
        await Assertions.Expect(RowOf(plans, "groups[1].autonomousAgentCount")).ToHaveTextAsync(new Regex(@"1\s*3\s*$"));
        await Assertions.Expect(RowOf(plans, "groups[1].groupId")).ToHaveCountAsync(0);
        Assert.Empty(visitor.Violations);
    }

    private static ILocator RowOf(ILocator table, string name) => table.GetByRole(AriaRole.Row).Filter(new() { Has = table.Page.GetByRole(AriaRole.Cell, new() { Name = name, Exact = true }) });

    private static object StepOf(long template, double rate) =>
        new { stepOrder = 1, templateId = template, autonomousAgentCount = 2, executionTime = 60, repeatCount = 1, playback = new { rate } };

    private static async Task<long> RunAsync(ApiClient client, long simulation)
    {
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Expect(HttpStatusCode.OK).Data["executionId"]!;
        await Wait.UntilAsync(
            async () => (string?)(await client.GetAsync($"/api/simulation/{simulation}/execution/{execution}")).Data["execution"]!["currentStatus"]!["status"] == "COMPLETED",
            TimeSpan.FromMinutes(2), "the run to complete");
        return execution;
    }
}
