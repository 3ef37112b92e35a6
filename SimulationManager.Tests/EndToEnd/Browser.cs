using Microsoft.Playwright;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>A headless Chromium of this machine, for all tests that look at pages.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    // Milliseconds; the machine may be busy with other tests.
    private const float Patience = 120_000;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where to put pictures of the pages; null: nowhere.</summary>
    public static string? PictureFolder => Environment.GetEnvironmentVariable("DASHBOARD_PICTURES");

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } program)
            return;
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        // The sandbox needs rights that a container's root does not have; only our own pages are opened.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    /// <summary>A window without any memory, in which everything that goes wrong on a page is written to <see cref="Window.Problems"/>.</summary>
    public async Task<Window> OpenAsync(Uri login, ColorScheme colours = ColorScheme.Light, string locale = "en-US", int width = 1280, int height = 720)
    {
        Assert.SkipWhen(_browser is null, $"none of {string.Join(", ", Programs)} is on PATH");
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = colours,
            Locale = locale,
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        var window = new Window(context, page);
        await page.GotoAsync(login.ToString());
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string? Find() => Programs
        .SelectMany(program => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)))
        .FirstOrDefault(File.Exists);
}

/// <summary>One window with one page.</summary>
public sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _problems = [];

    public Window(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _problems.Add($"{page.Url}: {error}");
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _problems.Add($"{page.Url}: {message.Text}");
        };
        page.Dialog += async (_, dialog) =>
        {
            _problems.Add($"{page.Url} opened a dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
    }

    public IPage Page { get; }

    /// <summary>Errors of scripts, refused content, dialogs that telemetry opened.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Opens a path of the same site and waits until the page is alive and its heading is there.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(new Uri(new Uri(Page.Url), path).ToString());
        await Page.Locator("h1").First.WaitForAsync();
    }

    /// <summary>A picture for the documentation, if it is asked for.</summary>
    public async Task TakePictureAsync(string name)
    {
        if (Browser.PictureFolder is not { } folder)
            return;
        // What slides in has arrived, and lists have filled.
        await Page.WaitForTimeoutAsync(1_000);
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"dashboard-{name}.png") });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
