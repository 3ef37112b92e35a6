using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Building simulations with all their settings.</summary>
[Collection(ConsoleBrowser.Collection)]
public partial class BuilderTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task A_copy_of_a_simulation_keeps_every_setting()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var original = await FullPlan.CreateAsync(client, await TestBundle.UploadAsync(client));
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.ResumeSessionAsync();

        await page.GotoAsync($"/simulations/new?from={original}");
        await page.Locator("#name").FillAsync(Plans.NewName());
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(OneSimulation());
        var copy = long.Parse(OneSimulation().Match(page.Url).Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture);

        Assert.NotEqual(original, copy);
        Assert.Equal(await PlanOfAsync(client, original), await PlanOfAsync(client, copy));
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Settings_are_checked_as_they_are_typed_and_counted_in_the_estimate()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var template = await TestBundle.UploadAsync(client);
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        var save = page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true });
        var messages = page.Locator(".estimate dd").Nth(3);
        await visitor.ResumeSessionAsync();

        await page.GotoAsync($"/simulations/new?template={template}");
        await page.Locator("#name").FillAsync(Plans.NewName());
        await Assertions.Expect(messages).Not.ToHaveTextAsync("0 messages");
        await page.GetByText("More settings").ClickAsync();
        await page.Locator("#part-0-exclude").FillAsync("/turtle1/cmd_vel");
        await Assertions.Expect(messages).ToHaveTextAsync("0 messages");
        await page.Locator("#part-0-exclude").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a fault" }).ClickAsync();
        await page.GetByLabel("What goes wrong").SelectOptionAsync("freeze");
        await page.Locator("#part-0-fault-0-every").FillAsync("5");
        await Assertions.Expect(page.Locator("#part-0-fault-0-every-note")).ToHaveTextAsync("More than it lasts.");
        await Assertions.Expect(save).ToBeDisabledAsync();
        await page.Locator("#part-0-fault-0-every").FillAsync("10");
        await page.GetByLabel("Publish to").SelectOptionAsync(new SelectOptionValue { Label = "addresses of its own" });
        await page.Locator("#part-0-endpoints").FillAsync("http://somewhere");
        await Assertions.Expect(page.Locator("#part-0-endpoints-note")).ToContainTextAsync("mqtt://");
        await Assertions.Expect(save).ToBeDisabledAsync();
        await page.Locator("#part-0-endpoints").FillAsync("mqtt://127.0.0.1:1?qos=7");
        await save.ClickAsync();
        await Assertions.Expect(page.Locator(".refused")).ToContainTextAsync("endpoints");
        await page.Locator("#part-0-endpoints").FillAsync("mqtt://127.0.0.1:1?qos=1");
        await Assertions.Expect(page.Locator(".estimate")).ToContainTextAsync("mqtt://127.0.0.1:1?qos=1");
        await save.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(OneSimulation());
        var created = long.Parse(OneSimulation().Match(page.Url).Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture);

        var step = JsonNode.Parse(await PlanOfAsync(client, created))!["plan"]!["steps"]![0]!;
        Assert.Equal(("freeze", 5.0, 10.0), ((string?)step["fleet"]!["faults"]![0]!["kind"], (double)step["fleet"]!["faults"]![0]!["for"]!, (double)step["fleet"]!["faults"]![0]!["every"]!));
        Assert.Equal("mqtt://127.0.0.1:1?qos=1", (string?)step["output"]!["endpoints"]![0]);
        Assert.Empty(visitor.Violations);
    }

    /// <summary>What a simulation runs, without what names it.</summary>
    private static async Task<string> PlanOfAsync(ApiClient client, long simulation)
    {
        var detail = (await client.GetAsync($"/api/simulation/{simulation}")).Expect(HttpStatusCode.OK).Data;
        foreach (var group in detail["executionPlan"]!["groups"]?.AsArray() ?? []) group!.AsObject().Remove("groupId");
        return new JsonObject
        {
            ["kind"] = detail["patternType"]!.DeepClone(), ["description"] = detail["simulationDescription"]!.DeepClone(), ["mec"] = detail["mecId"]!.DeepClone(), ["plan"] = detail["executionPlan"]!.DeepClone(),
        }.ToJsonString();
    }

    [GeneratedRegex(@"/simulations/(?<id>\d+)$")]
    private static partial Regex OneSimulation();
}
