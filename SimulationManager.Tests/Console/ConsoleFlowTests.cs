using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>From a recording on one's disk to a run that has ended, in a real browser.</summary>
[Collection(ConsoleBrowser.Collection)]
public class ConsoleFlowTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task A_recording_is_uploaded_a_simulation_built_and_its_run_watched_until_it_ends()
    {
        await using var visitor = await browser.VisitAsync(await fixture.ApiAsync());
        var page = visitor.Page;
        var name = $"turtle {Guid.NewGuid():N}"[..25];
        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.HeadingAsync("Overview");

        await page.GetByRole(AriaRole.Link, new() { Name = "Templates" }).ClickAsync();
        await page.Locator("#bag-files").SetInputFilesAsync(Directory.GetFiles(TestBundle.Folder("turtlesim_cmd_vel")));
        await page.Locator("#template-name").FillAsync(name);
        await page.Locator("#template-type").FillAsync("turtlesim");
        await page.Locator("#template-description").FillAsync("driven by hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Status).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await visitor.HeadingAsync(name);
        await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = "/turtle1/cmd_vel", Exact = true })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "New simulation" }).ClickAsync();
        await visitor.HeadingAsync("New simulation");
        await page.Locator("#name").FillAsync(new string('x', 31));
        await Assertions.Expect(page.Locator("#name-note")).ToHaveTextAsync("At most 30 characters.");
        await page.Locator("#name").FillAsync(name);
        await page.Locator("#part-0-agents").FillAsync("3");
        await page.Locator("#part-0-rate").FillAsync("20");
        await Assertions.Expect(page.Locator(".estimate dd").Nth(1)).ToHaveTextAsync("3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and run" }).ClickAsync();

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(new Regex("^Run #"));
        await Assertions.Expect(page.Locator(".page-lead .status")).ToHaveTextAsync("Completed");
        await Assertions.Expect(page.Locator(".overall strong")).ToHaveTextAsync(new Regex("^100"));
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task A_run_is_paused_stepped_resumed_and_stopped_from_its_page()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client));
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        var state = page.Locator(".page-lead .status");
        await visitor.ResumeSessionAsync();

        await page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(state).ToHaveTextAsync("Paused");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next message" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(state).ToHaveTextAsync("Running");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByRole(AriaRole.Group).GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await Assertions.Expect(state).ToHaveTextAsync("Stopped");
        await Assertions.Expect(page.Locator(".event-list")).ToContainTextAsync("The run was stopped");
    }
}
