using Microsoft.Playwright;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Console;

/// <summary>Many tabs of one browser, which has six connections to a server for all of them together.</summary>
[Collection(ConsoleBrowser.Collection)]
public class TabTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const int Connections = 6;

    [Fact]
    public async Task Tabs_behind_others_leave_connections_to_the_one_in_front_and_are_up_to_date_when_they_are_shown()
    {
        await using var system = await OwnSystem.StartAsync(fixture);
        var client = system.User;
        var template = await TestBundle.UploadAsync(client);
        var simulation = await Plans.CreateAsync(client, Plans.Parallel(
            Plans.NewName(), new { templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1, playback = new { rate = 10 } }));
        await using var visitor = await browser.VisitAsync(system.Api);
        // A browser without windows takes every tab for visible.
        await visitor.Page.Context.AddInitScriptAsync(
            "window.tabState = 'visible'; Object.defineProperty(document, 'visibilityState', { get: () => tabState }); window.show = state => { tabState = state; document.dispatchEvent(new Event('visibilitychange')); };");
        await visitor.ResumeSessionAsync();
        var first = visitor.Page;
        await first.GotoAsync($"/simulations/{simulation}");
        await Assertions.Expect(first.Locator(".page-lead .status")).ToHaveTextAsync("Ready");

        var tabs = new List<IPage> { first };
        while (tabs.Count <= Connections)
        {
            await tabs[^1].EvaluateAsync("show('hidden')");
            var tab = await first.Context.NewPageAsync();
            tabs.Add(tab);
            await tab.GotoAsync("/");
            await Assertions.Expect(tab.GetByText("Live", new() { Exact = true })).ToBeVisibleAsync();
        }
        await Api.ExecutionTests.StartAsync(client, simulation);
        await Wait.UntilAsync(async () => (string)(await Api.ExecutionTests.StatusAsync(client, simulation))["status"]! == "COMPLETED", TimeSpan.FromMinutes(1), "the run to end");
        await first.EvaluateAsync("show('visible')");

        await Assertions.Expect(first.Locator(".page-lead .status")).ToHaveTextAsync("Completed");
        Assert.Empty(visitor.Violations);
    }
}
