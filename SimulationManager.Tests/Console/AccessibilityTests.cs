using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Every page of the console under axe, in both themes and languages, and at the width of a phone.</summary>
[Collection(ConsoleBrowser.Collection)]
public class AccessibilityTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private static readonly int[] s_widths = [1280, 390];

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("en", ColorScheme.Dark)]
    [InlineData("ko", ColorScheme.Light)]
    [InlineData("ko", ColorScheme.Dark)]
    public async Task No_page_has_a_serious_finding_or_is_wider_than_its_screen(string language, ColorScheme theme)
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(client);
        var (simulation, full) = (await LoopingPlan.CreateAsync(client, template), await FullPlan.CreateAsync(client, template));
        var stopped = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        await client.PostAsync($"/api/simulation/{simulation}/execution/{stopped}/stop");
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        await using var visitor = await browser.VisitAsync(api, language, theme);
        List<string> findings = [];

        foreach (var address in (string[])["/signup", "/signin"])
        {
            await visitor.Page.GotoAsync(address);
            await visitor.Page.Locator(".mud-layout h1").WaitForAsync();
            findings.AddRange(await FindingsAsync(visitor.Page, address));
        }

        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.Page.Locator(".page h1").WaitForAsync();
        string[] pages =
        [
            "/simulations", "/simulations/new", $"/simulations/{simulation}/compare", $"/simulations/new?from={full}", $"/simulations/{simulation}/compare?a={stopped}&b={execution}",
            $"/simulations/{simulation}", $"/simulations/{simulation}/executions/{execution}", "/templates", $"/templates/{template}", "/mecs", "/users", "/settings", "/", "/nowhere",
        ];
        foreach (var address in pages)
        {
            await visitor.OpenAsync(address);
            await visitor.Page.WaitForFunctionAsync("() => document.querySelectorAll('.card, .page p').length > 0 && !document.querySelector('.page > .mud-progress-linear')");
            findings.AddRange(await FindingsAsync(visitor.Page, address));
        }
        await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop");

        Assert.True(findings.Count == 0, string.Join(Environment.NewLine, findings));
        Assert.Empty(visitor.Violations);
    }

    /// <summary>What axe finds on a page, at the widths of a desk and a phone. The console is loaded once for all widths.</summary>
    internal static async Task<IReadOnlyList<string>> FindingsAsync(IPage page, string address)
    {
        List<string> findings = [];
        await page.EvaluateAsync("() => document.querySelectorAll('details').forEach(one => { one.open = true; })");
        foreach (var width in s_widths)
        {
            await page.SetViewportSizeAsync(width, 800);
            findings.AddRange((await page.RunAxe()).Violations
                .Where(finding => finding.Impact is "serious" or "critical")
                .SelectMany(finding => finding.Nodes.Select(node => $"{address} ({width} px): {finding.Id}: {node.Html}")));
            if (await page.IsWiderThanScreenAsync()) findings.Add($"{address} ({width} px): wider than the screen");
        }
        return findings;
    }
}
