using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Every page of the console under axe, in both themes and languages, and at the width of a phone.</summary>
[Collection(ConsoleBrowser.Collection)]
public class AccessibilityTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Theory]
    [InlineData("en", ColorScheme.Light, 1280)]
    [InlineData("en", ColorScheme.Dark, 390)]
    [InlineData("ko", ColorScheme.Light, 390)]
    [InlineData("ko", ColorScheme.Dark, 1280)]
    public async Task No_page_has_a_serious_finding(string language, ColorScheme theme, int width)
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(client);
        var simulation = await LoopingPlan.CreateAsync(client, template);
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        await using var visitor = await browser.VisitAsync(api, language, theme, width);
        List<string> findings = [];

        foreach (var address in (string[])["/signup", "/signin"])
        {
            await visitor.Page.GotoAsync(address);
            await visitor.Page.Locator("h1").WaitForAsync();
            findings.AddRange(await FindingsAsync(visitor.Page, address));
        }

        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.Page.Locator(".page h1").WaitForAsync();
        string[] pages =
        [
            "/", "/simulations", "/simulations/new", $"/simulations/{simulation}", $"/simulations/{simulation}/executions/{execution}",
            "/templates", $"/templates/{template}", "/mecs", "/settings", "/nowhere",
        ];
        foreach (var address in pages)
        {
            await visitor.Page.GotoAsync(address);
            await visitor.Page.Locator(".page h1").WaitForAsync();
            await visitor.Page.WaitForFunctionAsync("() => document.querySelectorAll('.card, .page p').length > 0");
            findings.AddRange(await FindingsAsync(visitor.Page, address));
        }
        await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop");

        Assert.True(findings.Count == 0, string.Join(Environment.NewLine, findings));
    }

    private static async Task<IEnumerable<string>> FindingsAsync(IPage page, string address) => (await page.RunAxe()).Violations
        .Where(finding => finding.Impact is "serious" or "critical")
        .SelectMany(finding => finding.Nodes.Select(node => $"{address}: {finding.Id}: {node.Html}"));
}
