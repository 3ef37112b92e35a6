using System.Net;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Console;

/// <summary>Lists, their filters, and what is done with their entries.</summary>
[Collection(ConsoleBrowser.Collection)]
public class ListPageTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task Every_list_remembers_its_filter()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (name, other) = (Plans.NewName(), Plans.NewName());
        await TestBundle.UploadAsync(client, other);
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client, name));
        foreach (var site in (string[])[name, other]) (await client.PostAsync("/api/mec", new { name = site, description = "", endpoint = "none" })).Expect(HttpStatusCode.Created);
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();

        foreach (var address in (string[])["/templates", "/mecs"])
        {
            await page.GotoAsync(address);
            await page.Locator("#find").FillAsync(name);
            await page.Locator("#find").PressAsync("Enter");
            await Assertions.Expect(page.GetByText(other)).ToHaveCountAsync(0);
            await page.GotoAsync("/settings");
            await page.GotoAsync(address);
            await Assertions.Expect(page.Locator("#find")).ToHaveValueAsync(name);
            await Assertions.Expect(page.Locator("table.list tbody tr")).ToHaveCountAsync(1);
        }

        foreach (var (address, list, rows) in new[] { ($"/simulations/{simulation}/executions/{execution}", "Agents", 0), ($"/simulations/{simulation}", "History", 0) })
        {
            await page.GotoAsync(address);
            var card = page.Locator("section.card").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = list }) });
            await Assertions.Expect(card.Locator("tbody tr").First).ToBeVisibleAsync();
            await card.Locator("select").SelectOptionAsync("FAILED");
            await Assertions.Expect(card.Locator("tbody tr")).ToHaveCountAsync(rows);
            await page.GotoAsync("/settings");
            await page.GotoAsync(address);
            await Assertions.Expect(card.Locator("select")).ToHaveValueAsync("FAILED");
            await Assertions.Expect(card.Locator("tbody tr")).ToHaveCountAsync(rows);
        }

        Assert.Empty(visitor.Violations);
        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_check_of_a_site_tells_which_endpoints_can_be_reached()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        await using var broker = await Mosquitto.StartAsync("");
        var name = Plans.NewName();
        (await client.PostAsync("/api/mec", new { name, description = "", endpoint = $"{broker.Address()} mqtt://127.0.0.1:1" })).Expect(HttpStatusCode.Created);
        await using var visitor = await browser.VisitAsync(api);
        await visitor.ResumeSessionAsync();

        await visitor.Page.GotoAsync($"/mecs?find={name}");
        var row = visitor.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = name });
        await row.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();

        await Assertions.Expect(row.Locator(".endpoint")).ToHaveCountAsync(2);
        await Assertions.Expect(row.Locator(".endpoint").Nth(0)).ToContainTextAsync("Reachable");
        await Assertions.Expect(row.Locator(".endpoint").Nth(1)).ToContainTextAsync("Not reachable");
        await Assertions.Expect(row.Locator(".endpoint").Nth(1)).ToContainTextAsync("nothing listens on 127.0.0.1:1");
        Assert.Empty(visitor.Violations);
    }
}
