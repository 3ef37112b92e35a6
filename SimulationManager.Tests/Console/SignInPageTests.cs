using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>Signing in and up in a real browser.</summary>
[Collection(ConsoleBrowser.Collection)]
public class SignInPageTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task A_new_user_signs_up_and_is_still_signed_in_after_a_reload_of_a_deep_link()
    {
        var api = await fixture.ApiAsync();
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;

        await page.GotoAsync("/signup");
        await page.Locator("#email").FillAsync($"console-{Guid.NewGuid():N}@tests.example");
        await page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await page.Locator("#confirm").FillAsync(ConsoleVisitor.Password);
        await page.Locator("button[type=submit]").ClickAsync();
        await visitor.HeadingAsync("Overview");
        await page.GotoAsync("/simulations?kind=parallel");
        await visitor.HeadingAsync("Simulations");
        await page.ReloadAsync();
        await visitor.HeadingAsync("Simulations");

        Assert.Equal("parallel", await page.Locator("select").Nth(1).InputValueAsync());
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task A_wrong_password_shows_the_apis_sentence()
    {
        await using var visitor = await browser.VisitAsync(await fixture.ApiAsync());

        await visitor.SignInAsync(ApiFixture.AdminEmail, "wrong-password1");

        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "password" })).ToBeVisibleAsync();
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Who_is_not_signed_in_comes_back_to_the_page_that_was_asked_for()
    {
        await using var visitor = await browser.VisitAsync(await fixture.ApiAsync());

        await visitor.Page.GotoAsync("/settings");
        await visitor.HeadingAsync("Sign in");
        await visitor.Page.Locator("#email").FillAsync(ApiFixture.AdminEmail);
        await visitor.Page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await visitor.Page.Locator("button[type=submit]").ClickAsync();

        await visitor.HeadingAsync("Settings and devices");
    }

    [Fact]
    public async Task A_browser_that_prefers_Korean_gets_Korean_from_the_console_and_from_the_api()
    {
        await using var visitor = await browser.VisitAsync(await fixture.ApiAsync(), language: "ko-KR");

        await visitor.SignInAsync(ApiFixture.AdminEmail, "wrong-password1");

        await visitor.HeadingAsync("로그인");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "비밀번호" })).ToBeVisibleAsync();
    }
}
