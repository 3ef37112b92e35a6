using System.Net;
using Microsoft.Playwright;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Console;

/// <summary>Names that people or recordings bring along are text on every page, and never make it wider than a phone.</summary>
[Collection(ConsoleBrowser.Collection)]
public class HostileNameTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const int LongestName = 255;
    private const int LongestSimulationName = 30;

    private static readonly string[] s_beginnings = ["<script>document.title='run'</script>", "<img src=x onerror=run()>", "\u202Egnp.exe", new('ẅ', LongestName)];

    [Fact]
    public async Task Hostile_names_are_shown_as_text_on_every_page()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var unique = Guid.NewGuid().ToString("N");
        using var folder = new TempFolder();
        var templates = new List<long>();
        foreach (var beginning in s_beginnings) templates.Add(await UploadAsync(client, folder, NameOf(beginning, unique)));
        var simulations = new List<long>();
        foreach (var beginning in s_beginnings)
        {
            simulations.Add(await Plans.CreateAsync(client, new
            {
                simulationName = $"{unique[..6]}{beginning}"[..Math.Min(LongestSimulationName, beginning.Length + 6)],
                simulationDescription = NameOf(beginning, unique)[..100],
                patternType = "parallel",
                mecId = NameOf(beginning, unique)[..50],
                pattern = new { groups = templates.Select(template => GroupOf(template, NameOf(beginning, unique))).ToArray() },
            }));
            (await client.PostAsync("/api/mec", new { name = NameOf(beginning, unique)[..50], description = NameOf(beginning, unique), endpoint = "none" })).Expect(HttpStatusCode.Created);
        }
        var simulation = simulations[0];
        var runs = new List<long>();
        for (var run = 0; run < 2; run++)
        {
            runs.Add((long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Expect(HttpStatusCode.OK).Data["executionId"]!);
            (await client.PostAsync($"/api/simulation/{simulation}/execution/{runs[run]}/stop")).Expect(HttpStatusCode.OK);
        }
        await using var visitor = await browser.VisitAsync(api, width: 390);
        var page = visitor.Page;
        page.Dialog += (_, dialog) => dialog.DismissAsync();
        await visitor.ResumeSessionAsync();
        var findings = new List<string>();

        string[] addresses =
        [
            "/", "/simulations", .. simulations.Select(one => $"/simulations/{one}"), $"/simulations/new?from={simulation}", $"/simulations/{simulation}/executions/{runs[0]}",
            $"/simulations/{simulation}/compare?a={runs[0]}&b={runs[1]}", "/templates", .. templates.Select(template => $"/templates/{template}"), "/mecs",
        ];
        foreach (var address in addresses)
        {
            await page.GotoAsync(address);
            // The first page of all simulations may be full of those of other tests.
            if (address is "/" or "/simulations") await page.Locator("table.list tbody tr").First.WaitForAsync();
            else await Assertions.Expect(page.Locator(".page")).ToContainTextAsync(unique[..6]);
            if (await page.Locator(".page script, .page img").CountAsync() > 0) findings.Add($"{address}: a name became an element");
            if (await page.IsWiderThanScreenAsync()) findings.Add($"{address}: wider than a phone");
        }
        await page.GotoAsync($"/templates/{templates[0]}");
        await visitor.HeadingAsync(NameOf(s_beginnings[0], unique));

        Assert.True(findings.Count == 0, string.Join(Environment.NewLine, findings));
        Assert.Equal($"{NameOf(s_beginnings[0], unique)} · SimulationManager", await page.TitleAsync());
        Assert.Empty(visitor.Violations);
    }

    private static string NameOf(string beginning, string unique) => $"{unique}{beginning}".PadRight(100, '_')[..Math.Min(LongestName, Math.Max(100, unique.Length + beginning.Length))];

    private static object GroupOf(long template, string name) => new
    {
        groupName = name, templateId = template, autonomousAgentCount = 1, executionTime = 60, repeatCount = 1,
        playback = new { excludeTopics = new[] { name }, remap = new Dictionary<string, string> { [name] = name } },
    };

    /// <summary>A template of a recording whose topics have that name, too.</summary>
    private static async Task<long> UploadAsync(ApiClient client, TempFolder folder, string name)
    {
        var bag = folder[$"{Guid.NewGuid():N}"];
        using (var writer = BagWriter.Create(bag))
        {
            var topic = writer.AddTopic(new BagTopic { Name = name, Type = "std_msgs/msg/String" });
            for (var message = 0; message < 3; message++) writer.Write(topic, message, [0, 1, 0, 0, 1, 0, 0, 0, 0]);
            writer.Complete();
        }
        return await TestBundle.UploadAsync(client, bag, name);
    }
}
