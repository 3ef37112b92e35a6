using System.Net;
using System.Security.Cryptography;
using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Uploads that do not go through at once.</summary>
[Collection(ConsoleBrowser.Collection)]
public class UploadTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const string StorageParts = "**/bundles-*/**";

    [Fact]
    public async Task An_upload_whose_connection_was_cut_goes_on_where_it_was_also_after_a_reload()
    {
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:PartBytes"] = "10000";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var client = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        var name = Plans.NewName();
        var arrived = 0;
        page.RequestFinished += (_, request) => { if (request.Method == "PUT") Interlocked.Increment(ref arrived); };
        await visitor.ResumeSessionAsync();
        await page.GotoAsync("/templates");

        // The storage takes two of the five parts, and then the connection is gone.
        var passed = 0;
        await page.RouteAsync(StorageParts, route => route.Request.Method == "PUT" && Interlocked.Increment(ref passed) > 2 ? route.AbortAsync("connectionreset") : route.ContinueAsync());
        await ChooseAsync(page, name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("what was sent is kept for a day");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Go on" })).ToBeVisibleAsync();
        Assert.Equal(2, arrived);
        await page.UnrouteAsync(StorageParts);
        await page.ReloadAsync();
        await ChooseAsync(page, name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Status).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await visitor.HeadingAsync(name);

        Assert.Equal(5, arrived);
        var template = (await client.GetAsync("/api/template")).Expect(HttpStatusCode.OK).Data.AsArray().Single()!;
        using var http = new HttpClient();
        var stored = await http.GetByteArrayAsync(new Uri((string)template["dbFile"]!["downloadUrl"]!), TestContext.Current.CancellationToken);
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(TestBundle.Db3("turtlesim_cmd_vel"), TestContext.Current.CancellationToken)), SHA256.HashData(stored));
        Assert.Empty(visitor.Violations);
    }

    private static async Task ChooseAsync(IPage page, string name)
    {
        await page.Locator("#bag-files").SetInputFilesAsync(Directory.GetFiles(TestBundle.Folder("turtlesim_cmd_vel")));
        await page.Locator("#template-name").FillAsync(name);
        await page.Locator("#template-type").FillAsync("turtlesim");
        await page.Locator("#template-description").FillAsync("driven by hand");
    }
}
