using System.Net;
using Microsoft.Playwright;
using SimulationManager.Generation;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Console;

/// <summary>A tab that the browser puts to sleep, as it does with those that nobody looks at.</summary>
[Collection(ConsoleBrowser.Collection)]
public class AsleepTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task A_page_that_slept_longer_than_its_token_lasts_goes_on_where_the_run_is()
    {
        await using var system = await OwnSystem.StartAsync(fixture, ("Auth:AccessTokenLifetime", "00:00:10"));
        var client = system.User;
        await client.SignInAsync(ApiFixture.AdminEmail);
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(20) });
        var simulation = await LoopingPlan.CreateAsync(client, await TestBundle.UploadAsync(client, folder["robot"], Plans.NewName()));
        await client.SignInAsync(ApiFixture.AdminEmail);
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        await using var visitor = await browser.VisitAsync(system.Api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();
        await page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        await Assertions.Expect(page.Locator(".map-tools").GetByRole(AriaRole.Status)).ToHaveTextAsync("3 agents");
        var map = page.Workers.Single();
        await map.EvaluateAsync<object?>("() => { self.drawn = 0; new PerformanceObserver(list => { drawn += list.getEntries().length; }).observe({ entryTypes: ['mark'] }); }");
        await ExpectDrawnAsync(map);
        var lifecycle = await page.Context.NewCDPSessionAsync(page);

        await client.SignInAsync(ApiFixture.AdminEmail);
        await lifecycle.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "frozen" });
        await Wait.UntilAsync(async () => (await client.PostAsync("/api/auth/verify")).Status != HttpStatusCode.OK, TimeSpan.FromMinutes(1), "the token to expire");
        await lifecycle.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "active" });
        await map.EvaluateAsync<object?>("() => { drawn = 0; }");

        await ExpectDrawnAsync(map);
        await client.SignInAsync(ApiFixture.AdminEmail);
        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
        await Assertions.Expect(page.Locator(".page-lead .status")).ToHaveTextAsync("Stopped");
        Assert.Empty(visitor.Violations);
    }

    private static Task ExpectDrawnAsync(IWorker map) =>
        Wait.UntilAsync(async () => await map.EvaluateAsync<int>("() => drawn") > 0, ConsoleVisitor.Limit, "positions to be drawn");
}
