using System.Collections.Concurrent;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Requests that the network ends, as browsers do with all of them when an interface of the network comes or goes.</summary>
[Collection(ConsoleBrowser.Collection)]
public class ConnectionLossTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task What_is_read_and_scripts_are_asked_for_again()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client));
        await using var visitor = await SignedInAsync(api);
        var page = visitor.Page;
        var lost = new ConcurrentDictionary<string, bool>();
        foreach (var what in (string[])["**/api/simulation/**", "**/api/template", "**/fleet-map.js", "**/map-view.js", "**/upload.js"])
            await page.RouteAsync(what, route => route.Request.Method == "GET" && lost.TryAdd(route.Request.Url, true) ? route.AbortAsync("internetdisconnected") : route.FallbackAsync());

        await visitor.OpenAsync($"/simulations/{simulation}/executions/{execution}");
        await Assertions.Expect(page.Locator(".page-lead .status")).ToHaveTextAsync("Running");
        await Assertions.Expect(page.Locator(".map-note")).ToContainTextAsync("No agent tells its position");
        await page.GetByRole(AriaRole.Link, new() { Name = "Templates" }).ClickAsync();
        await page.Locator("#bag-files").SetInputFilesAsync(Directory.GetFiles(TestBundle.Folder("turtlesim_cmd_vel")));
        await page.Locator("#template-name").WaitForAsync();

        foreach (var end in (string[])["/report", "/template", "/fleet-map.js", "/map-view.js", "/upload.js"])
            Assert.Contains(lost.Keys, address => address.EndsWith(end, StringComparison.Ordinal));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        Assert.Empty(visitor.Violations);
        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(System.Net.HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/templates", "**/upload.js", "Files cannot be uploaded")]
    [InlineData("/mecs", "**/api/mec", "The server cannot be reached.")]
    public async Task What_stays_away_is_told_and_the_rest_of_the_page_is_there(string address, string missing, string problem)
    {
        await using var visitor = await SignedInAsync(await fixture.ApiAsync());
        await visitor.Page.RouteAsync(missing, route => route.AbortAsync("internetdisconnected"));

        await visitor.OpenAsync(address);

        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync(problem);
        await Assertions.Expect(visitor.Page.Locator("h1")).ToBeVisibleAsync();
        Assert.Empty(visitor.Violations);
    }

    private async Task<ConsoleVisitor> SignedInAsync(ApiHost api)
    {
        var visitor = await browser.VisitAsync(api);
        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.HeadingAsync("Overview");
        return visitor;
    }
}
