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

    [Fact]
    public async Task Says_why_a_sign_in_is_refused_in_the_language_of_the_browser()
    {
        await using var visitor = await HeldBackAsync("/signin", "ko-KR");
        var page = visitor.Page;
        var problem = page.Locator("form [role=alert]");

        await page.Locator("#submit").ClickAsync();
        await Assertions.Expect(problem).ToHaveTextAsync("이메일 주소와 비밀번호를 입력하세요.");
        await page.Locator("#email").FillAsync(ApiFixture.AdminEmail);
        await page.Locator("#password").FillAsync("wrong-password1");
        await page.Locator("#submit").ClickAsync();
        await Assertions.Expect(problem).ToContainTextAsync("비밀번호가");
        await page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await page.Locator("#submit").ClickAsync();
        await page.Locator(".loading").WaitForAsync();
        _released.SetResult();

        await visitor.HeadingAsync("개요");
        Assert.Empty(visitor.Violations);
    }

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("ko", ColorScheme.Dark)]
    public async Task Looks_as_the_consoles_own_form_and_has_no_serious_finding(string language, ColorScheme theme)
    {
        await using var visitor = await HeldBackAsync("/signin", language, theme);
        var page = visitor.Page;
        var findings = await AccessibilityTests.FindingsAsync(page, "/signin");
        var before = await LookAsync(page);
        _released.SetResult();
        await page.Locator(".mud-layout #password").WaitForAsync();

        Assert.True(findings.Count == 0, string.Join(Environment.NewLine, findings));
        Assert.Equal(before, await LookAsync(page));
    }

    [Fact]
    public async Task A_console_that_cannot_be_loaded_says_so_and_is_loaded_again_when_asked()
    {
        await using var visitor = await browser.VisitAsync(await fixture.ApiAsync());
        var page = visitor.Page;
        await page.RouteAsync(Runtime, route => route.AbortAsync());
        await page.GotoAsync("/signin", s_atOnce);

        var notice = page.Locator("#start-notice");
        await Assertions.Expect(notice).ToContainTextAsync("The console could not be loaded.");
        await page.UnrouteAsync(Runtime);
        await notice.GetByRole(AriaRole.Link, new() { Name = "Reload" }).ClickAsync();

        await page.Locator(".mud-layout #password").WaitForAsync();
    }

    [Fact]
    public async Task A_start_that_fails_once_is_tried_again_by_itself()
    {
        await using var visitor = await FailingOnceAsync();
        _released.SetResult();

        await visitor.Page.Locator(".mud-layout #email").WaitForAsync();
    }

    [Fact]
    public async Task A_start_that_fails_while_somebody_is_typing_is_tried_again_when_that_has_signed_in()
    {
        await using var visitor = await FailingOnceAsync();
        var page = visitor.Page;

        await page.Locator("#email").FillAsync(ApiFixture.AdminEmail);
        _released.SetResult();
        await Assertions.Expect(page.Locator("#start-notice")).ToContainTextAsync("The console could not be loaded.");
        await page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await page.Locator("#submit").ClickAsync();

        await visitor.HeadingAsync("Overview");
    }

    /// <summary>Where the parts of the form are, and their colours.</summary>
    private static Task<string[]> LookAsync(IPage page) => page.EvaluateAsync<string[]>(
        """
        () => ['body', '.brand', '.sign-in-card', 'h1', 'label', '#email', '#password', '#submit', '.quiet', '.quiet a'].map(one => {
          const element = document.querySelector(one);
          const { x, y, width, height } = element.getBoundingClientRect();
          const { color, backgroundColor, fontFamily, fontSize } = getComputedStyle(element);
          return [one, ...(one === 'body' ? [] : [x, y, width, height].map(Math.round)), color, backgroundColor, fontFamily, fontSize].join(' ');
        })
        """);

    private Task<ConsoleVisitor> HeldBackAsync(string address, string language = "en", ColorScheme theme = ColorScheme.Light) =>
        OpenAsync(address, route => route.ContinueAsync(), language, theme);

    /// <summary>The form of sign-in, whose console fails when it is released, but not when it is loaded again.</summary>
    private Task<ConsoleVisitor> FailingOnceAsync()
    {
        var requests = 0;
        return OpenAsync("/signin", route => Interlocked.Increment(ref requests) == 1 ? route.AbortAsync() : route.ContinueAsync());
    }

    /// <summary>Opens a page with the form of sign-in; the console's files are held back, and then answered as is given.</summary>
    private async Task<ConsoleVisitor> OpenAsync(string address, Func<IRoute, Task> answer, string language = "en", ColorScheme theme = ColorScheme.Light)
    {
        var visitor = await browser.VisitAsync(await fixture.ApiAsync(), language, theme);
        await visitor.Page.RouteAsync(Runtime, async route =>
        {
            await _released.Task;
            await answer(route);
        });
        await visitor.Page.GotoAsync(address, s_atOnce);
        await visitor.Page.Locator("#email").WaitForAsync();
        return visitor;
    }
}
