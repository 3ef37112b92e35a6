using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Faults that are injected into a run, and taken away, on its page.</summary>
[Collection(ConsoleBrowser.Collection)]
public class FaultInjectionTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task Faults_are_injected_listed_and_removed()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client));
        var run = $"/api/simulation/{simulation}/execution/{execution}";
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();

        await page.GotoAsync(run.Replace("/api/simulation", "/simulations", StringComparison.Ordinal).Replace("/execution/", "/executions/", StringComparison.Ordinal));
        await page.GetByText("Inject faults").ClickAsync();
        var inject = page.GetByRole(AriaRole.Button, new() { Name = "Inject", Exact = true });
        await page.Locator("#fault-rate").FillAsync("1.5");
        await Assertions.Expect(inject).ToBeDisabledAsync();
        await page.Locator("#fault-rate").FillAsync("0.5");
        await page.GetByLabel("Which agents").SelectOptionAsync("A share, drawn by the seed");
        await page.Locator("#fault-share").FillAsync("0.34");
        await page.Locator("#fault-topics").FillAsync("/turtle1/cmd_vel");
        await inject.ClickAsync();
        var faults = page.Locator(".faults li");
        await Assertions.Expect(faults).ToHaveCountAsync(1);
        await page.GetByLabel("What goes wrong").SelectOptionAsync("Agents freeze");
        await page.Locator("#fault-for").FillAsync("2.5");
        await page.Locator("#fault-every").FillAsync("60");
        await page.Locator("#fault-topics").FillAsync("");
        await page.GetByLabel("Which agents").SelectOptionAsync("All");
        await inject.ClickAsync();
        await Assertions.Expect(faults).ToHaveCountAsync(2);

        await Assertions.Expect(faults.Nth(0)).ToContainTextAsync("Messages are lost · 50\u00a0% of messages · 34\u00a0% of agents · /turtle1/cmd_vel");
        await Assertions.Expect(faults.Nth(1)).ToContainTextAsync("Agents freeze · for 2.5 s · every 60 s");
        await Assertions.Expect(page.Locator(".disclosure summary")).ToHaveTextAsync("Inject faults (2 injected)");
        await faults.Nth(0).GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(faults).ToHaveCountAsync(1);
        await Assertions.Expect(faults.Nth(0)).ToContainTextAsync("Agents freeze");
        var playback = (await client.GetAsync($"/api/simulation/{simulation}/status")).Data["currentStatus"]!["playback"]!;
        Assert.Equal("""[{"stepOrder":1,"faults":[{"kind":"freeze","for":2.5,"every":60}]}]""", playback["injectedFaults"]!.ToJsonString());
        await client.PostAsync($"{run}/stop");
        Assert.Empty(visitor.Violations);
    }
}
