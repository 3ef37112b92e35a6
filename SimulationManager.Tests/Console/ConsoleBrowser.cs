using Microsoft.Playwright;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Console;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Npm;

[assembly: AssemblyFixture(typeof(ConsoleBrowser))]

namespace SimulationManager.Tests.Console;

/// <summary>One headless Chromium that the console's tests share; it starts when the first test asks.</summary>
public sealed class ConsoleBrowser : IAsyncDisposable
{
    /// <summary>Starting the console is work for a whole processor: the tests that do it run one after the other.</summary>
    internal const string Collection = "Console";

    private readonly SemaphoreSlim _starting = new(1, 1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>A visitor with nothing remembered. Skips the test where there is no browser.</summary>
    internal Task<ConsoleVisitor> VisitAsync(ApiHost api, string language = "en", ColorScheme theme = ColorScheme.Light, int width = 1280) => VisitAsync(api.Address, language, theme, width);

    /// <summary>The same, of a console at an address.</summary>
    internal async Task<ConsoleVisitor> VisitAsync(Uri address, string language = "en", ColorScheme theme = ColorScheme.Light, int width = 1280)
    {
        var context = await (await BrowserAsync()).NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
            Locale = language,
            ColorScheme = theme,
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout((float)ConsoleVisitor.Limit.TotalMilliseconds);
        return new ConsoleVisitor(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _starting.Dispose();
    }

    private async Task<IBrowser> BrowserAsync()
    {
        var path = WebPage.Browsers.Select(ChildProcess.PathOf).FirstOrDefault(found => found is not null);
        Assert.SkipWhen(path is null, "No Chromium is on PATH (Debian: apt-get install chromium-headless-shell).");
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            Assertions.SetDefaultExpectTimeout((float)ConsoleVisitor.Limit.TotalMilliseconds);
            _playwright ??= await Playwright.CreateAsync();
            // The sandbox needs user namespaces, which root in a container does not have.
            return _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
                Timeout = (float)ConsoleVisitor.Limit.TotalMilliseconds,
            });
        }
        finally
        {
            _starting.Release();
        }
    }
}

/// <summary>Somebody in front of the console.</summary>
internal sealed class ConsoleVisitor : IAsyncDisposable
{
    /// <summary>The console of a Debug build is loaded file by file, while other tests run.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public const string Password = "pass-word1";

    private readonly IBrowserContext _context;
    private readonly List<string> _violations = [];

    public ConsoleVisitor(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        var output = TestContext.Current.TestOutputHelper;
        page.Console += (_, message) =>
        {
            if (message.Type != "error") return;
            output?.WriteLine($"{DateTime.UtcNow:T} {page.Url}: {message.Text}");
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal)) _violations.Add(message.Text);
        };
        page.PageError += (_, error) => _violations.Add(error);
        page.RequestFailed += (_, request) => output?.WriteLine($"{DateTime.UtcNow:T} {page.Url}: {request.Method} {request.Url} failed: {request.Failure}");
    }

    public IPage Page { get; }

    /// <summary>What the page was not allowed to do, and scripts that failed.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Signs in through the form, with an account that is there.</summary>
    public async Task SignInAsync(string email, string password = Password)
    {
        await Page.GotoAsync("/signin");
        await Page.Locator("#email").FillAsync(email);
        await Page.Locator("#password").FillAsync(password);
        await Page.Locator("button[type=submit]").ClickAsync();
    }

    /// <summary>Has the session of somebody who has signed in before: the page that is opened next is theirs, and the console is loaded once.</summary>
    public async Task ResumeSessionAsync(string email = ApiFixture.AdminEmail)
    {
        var answer = await _context.APIRequest.PostAsync("/api/auth/signin", new() { DataObject = new { email, password = Password } });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    /// <summary>Opens another page without loading the console anew; it must be of another route than the one that is shown.</summary>
    public async Task OpenAsync(string address)
    {
        await Page.EvaluateAsync("address => { document.querySelector('.page').firstElementChild.dataset.left = ''; Blazor.navigateTo(address); }", address);
        await Page.WaitForFunctionAsync("() => document.querySelector('.page h1') && !document.querySelector('[data-left]')");
    }

    /// <summary>Waits for the page of this heading.</summary>
    public Task HeadingAsync(string text) => Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync(text);

    /// <summary>Leaves what was shown last in the test's output, which a failed test prints.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{Page.Url}:\n{await Page.Locator("body").AriaSnapshotAsync(new() { Timeout = 5000 })}");
        }
        catch (Exception exception) when (exception is PlaywrightException or TimeoutException)
        {
            // A page that does not answer has nothing to show.
        }
        await _context.DisposeAsync();
    }
}

/// <summary>What tests ask of a page.</summary>
internal static class ShownPage
{
    /// <summary>Whether it has to be scrolled sideways.</summary>
    public static Task<bool> IsWiderThanScreenAsync(this IPage page) => page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");
}
