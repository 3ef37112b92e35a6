using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>The page while the console is loaded: the console's files are held back until a test lets them through.</summary>
[Collection(ConsoleBrowser.Collection)]
public class StartPageTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const string Runtime = "**/_framework/dotnet*.js";

    /// <summary>The page counts as loaded only when the files are there that are held back.</summary>
    private static readonly PageGotoOptions s_atOnce = new() { WaitUntil = WaitUntilState.Commit };

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Signs_in_and_leads_to_the_page_that_was_asked_for()
    {
        await using var visitor = await HeldBackAsync("/settings?from=here");
        var page = visitor.Page;

        await page.Locator("#email").FillAsync(ApiFixture.AdminEmail);
        await page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await page.Locator("#password").PressAsync("Enter");
        await page.Locator(".loading").WaitForAsync();
        _released.SetResult();

        await visitor.HeadingAsync("Settings and devices");
        Assert.EndsWith("/settings?from=here", page.Url, StringComparison.Ordinal);
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task The_console_takes_over_what_is_typed_and_the_focus()
    {
        await using var visitor = await HeldBackAsync("/signin");
        var page = visitor.Page;

        await page.Locator("#email").FillAsync("some@one.example");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("secret");
        _released.SetResult();
        await page.Locator(".mud-layout #password").WaitForAsync();
        await page.Keyboard.TypeAsync(" word");

        await Assertions.Expect(page.Locator("#email")).ToHaveValueAsync("some@one.example");
        await Assertions.Expect(page.Locator("#password")).ToHaveValueAsync("secret word");
    }

    private async Task<ConsoleVisitor> HeldBackAsync(string address)
    {
        var visitor = await browser.VisitAsync(await fixture.ApiAsync());
        await HoldBackAsync(visitor.Page);
        await visitor.Page.GotoAsync(address, s_atOnce);
        await visitor.Page.Locator("#email").WaitForAsync();
        return visitor;
    }

    private async Task HoldBackAsync(IPage page) => await page.RouteAsync(Runtime, async route =>
    {
        await _released.Task;
        await route.ContinueAsync();
    });
}
