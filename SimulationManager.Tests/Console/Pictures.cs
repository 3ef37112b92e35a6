using Microsoft.Playwright;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Console;

/// <summary>
/// Takes the pictures of the READMEs: the way of somebody new, from the first page to a hundred robots that move. <c>docs/images/take.sh</c> runs it against a
/// system that is running, whose address is in <c>PICTURES_OF</c>.
/// </summary>
public class Pictures(ConsoleBrowser browser)
{
    private const string Template = "demo robot";
    private const int Frames = 48;
    private const int FramesPerSecond = 6;

    private static readonly TimeSpan UntilSpread = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public async Task From_the_first_page_to_a_hundred_robots_that_move()
    {
        var system = new Uri(Environment.GetEnvironmentVariable("PICTURES_OF") ?? throw new InvalidOperationException("PICTURES_OF says where the system is, such as http://localhost:8000."));
        var email = $"visitor-{Guid.NewGuid():N}@pictures.example";
        await using var visitor = await browser.VisitAsync(system);
        var page = visitor.Page;
        await page.GotoAsync("/");
        await visitor.HeadingAsync("Sign in");
        await TakeAsync(page, "console-sign-in");
        await page.GetByRole(AriaRole.Link, new() { Name = "Create an account" }).ClickAsync();
        await page.Locator("#email").FillAsync(email);
        await page.Locator("#password").FillAsync(ConsoleVisitor.Password);
        await page.Locator("#confirm").FillAsync(ConsoleVisitor.Password);
        await TakeAsync(page, "console-sign-up");
        await page.Locator("button[type=submit]").ClickAsync();
        await visitor.HeadingAsync("Overview");
        await page.GetByRole(AriaRole.Link, new() { Name = "Templates" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = Template }).ClickAsync();
        await visitor.HeadingAsync(Template);
        await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = "/odom", Exact = true })).ToBeVisibleAsync();
        await TakeAsync(page, "console-template");
        await page.GetByRole(AriaRole.Link, new() { Name = "New simulation" }).ClickAsync();
        await page.Locator("#name").FillAsync("a hundred robots");
        await page.Locator("#part-0-agents").FillAsync("100");
        await page.Locator("#part-0-time").FillAsync("600");
        await page.GetByLabel("Play until the time limit").CheckAsync();
        await page.GetByLabel("Begin at different places of the recording").CheckAsync();
        await TakeAsync(page, "console-new-simulation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and run" }).ClickAsync();
        var told = page.Locator(".map-tools").GetByRole(AriaRole.Status);
        await Assertions.Expect(told).ToHaveTextAsync("100 agents");
        await Task.Delay(UntilSpread, TestContext.Current.CancellationToken);
        await page.GetByRole(AriaRole.Button, new() { Name = "Fit" }).ClickAsync();
        await TakeAsync(page, "console-run");
        await FilmAsync(page.Locator(".map canvas"), async () =>
        {
            await page.Locator("#follow").FillAsync("7");
            await page.Locator("#follow").PressAsync("Enter");
        });
        await TakeAsync(page, "console-follow");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop following" }).ClickAsync();
        var run = new Uri(page.Url).PathAndQuery;
        await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await visitor.HeadingAsync("Overview");
        await TakeAsync(page, "console-overview");

        await using var korean = await browser.VisitAsync(system, "ko", ColorScheme.Dark);
        await korean.SignInAsync(email);
        await Assertions.Expect(korean.Page.Locator("nav").First).ToBeVisibleAsync();
        await korean.Page.GotoAsync(run);
        await Assertions.Expect(korean.Page.Locator(".map-tools").GetByRole(AriaRole.Status)).ToContainTextAsync("100");
        await TakeAsync(korean.Page, "console-run-ko");

        await page.GotoAsync(run);
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByRole(AriaRole.Group).GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Assertions.Expect(page.Locator(".page-lead .status")).ToHaveTextAsync("Stopped");
    }

    private static async Task TakeAsync(IPage page, string name)
    {
        // Events keep the network busy for as long as the page is open.
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await page.ScreenshotAsync(new() { Path = PathOf($"{name}.png") });
    }

    /// <summary>A short film of an element, an animated WebP.</summary>
    /// <param name="element">The element.</param>
    /// <param name="halfway">What is done in the middle of it.</param>
    private static async Task FilmAsync(ILocator element, Func<Task> halfway)
    {
        using var folder = new TempFolder();
        for (var frame = 0; frame < Frames; frame++)
        {
            var next = Task.Delay(TimeSpan.FromSeconds(1) / FramesPerSecond, TestContext.Current.CancellationToken);
            if (frame == Frames / 2) await halfway();
            await element.ScreenshotAsync(new() { Path = folder[$"{frame:000}.png"] });
            await next;
        }
        var made = await ChildProcess.RunAsync(
            "img2webp", ["-loop", "0", "-lossy", "-q", "60", "-d", $"{1000 / FramesPerSecond}", .. Enumerable.Range(0, Frames).Select(frame => folder[$"{frame:000}.png"]), "-o", PathOf("console-map.webp")]);
        Assert.True(made.ExitCode == 0, made.Errors);
    }

    private static string PathOf(string file) => Repository.PathOf($"docs/images/{file}");
}
