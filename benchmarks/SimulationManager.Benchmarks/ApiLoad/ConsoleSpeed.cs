using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using SimulationManager.Generation;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>
/// The web console as it is published, in a headless Chromium without a GPU on the same processors: first and later visits, and the map of a run: how old positions are when
/// they are on the screen, and how many frames are drawn in a second.
/// </summary>
internal static class ConsoleSpeed
{
    private const int Visits = 5;
    private const int WarmUp = 5_000;

    /// <summary>Collects, for each message that the map has drawn, its age when the frame was finished, and counts the frames of the worker that draws it: a frame begins when the one before is finished. The clocks are those of one machine.</summary>
    private const string Watch =
        """
        () => {
          self.ages = [];
          self.frames = 0;
          new PerformanceObserver(list => { for (const mark of list.getEntries()) ages.push(performance.timeOrigin + mark.startTime - 1000 * mark.detail); }).observe({ entryTypes: ['mark'] });
          const count = () => { frames++; requestAnimationFrame(count); };
          requestAnimationFrame(count);
        }
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 1000);
        var length = TimeSpan.FromSeconds(Arguments.Number(args, 1, 20));
        var rounds = Arguments.Number(args, 2, 3);
        using var playwright = await Playwright.CreateAsync();
        var published = Directory.CreateTempSubdirectory("console-").FullName;
        try
        {
            await PublishAsync(published);
            await using var system = await ApiUnderLoad.StartAsync(published);
            await VisitAsync(system, playwright.Chromium);
            await WatchMapAsync(system, playwright.Chromium, agents, length, rounds);
        }
        finally
        {
            Directory.Delete(published, recursive: true);
        }
        return 0;
    }

    private static string BrowserPath() =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').SelectMany(folder => ((string[])["chromium-headless-shell", "chromium"]).Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("No Chromium is on PATH (Debian: apt-get install chromium-headless-shell).");

    private static async Task PublishAsync(string folder)
    {
        var project = Path.Combine(Directory.GetCurrentDirectory(), "SimulationManager.Api");
        using var build = Process.Start("dotnet", ["publish", project, "-c", "Release", "-o", folder, "-v", "q"]);
        await build.WaitForExitAsync();
        if (build.ExitCode != 0) throw new InvalidOperationException($"{project} could not be published; start the benchmark in the repository's folder.");
    }

    /// <summary>Each browser is started anew, with the profile that it had: its files and compiled code are on disk.</summary>
    private static async Task VisitAsync(ApiUnderLoad system, IBrowserType chromium)
    {
        List<double> first = [], loaded = [], later = [], laterLoaded = [], home = [];
        var (bytes, received) = (0L, 0L);
        for (var visit = 0; visit < Visits; visit++)
        {
            var profile = Path.Combine(system.Folder, $"profile-{visit}");
            await InBrowserAsync(async page =>
            {
                bytes = 0;
                var network = await page.Context.NewCDPSessionAsync(page);
                await network.SendAsync("Network.enable");
                network.Event("Network.loadingFinished").OnEvent += (_, finished) => bytes += (long)finished!.Value.GetProperty("encodedDataLength").GetDouble();
                await OpenSignInAsync(page, first, loaded);
                received = bytes;
                await Task.Delay(WarmUp);
            });
            await InBrowserAsync(async page =>
            {
                await OpenSignInAsync(page, later, laterLoaded);
                await SignInAsync(page);
                await Task.Delay(WarmUp);
            });
            await InBrowserAsync(async page => home.Add(await OpenAsync(page, "/simulations", "table, .empty")));

            async Task InBrowserAsync(Func<IPage, Task> visit)
            {
                await using var context = await OpenBrowserAsync(system, chromium, profile);
                await visit(context.Pages[0]);
            }
        }
        Write($"first visit, until the sign-in form can be used: {Times(first)}; until the console has taken it over: {Times(loaded)}, {received / 1e6:0.00} MB received");
        Write($"later visit of the same: {Times(later)}; {Times(laterLoaded)}");
        Write($"later visit, signed in, until the simulations are listed: {Times(home)}");
    }

    private static async Task WatchMapAsync(ApiUnderLoad system, IBrowserType chromium, int agents, TimeSpan length, int rounds)
    {
        var folder = Path.Combine(system.Folder, "robot");
        RobotRecording.Write(folder, new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60), HasMap = true });
        var template = await system.UploadAsync(folder, "/odom");
        var simulation = await system.CreateSimulationAsync("parallel", new
        {
            groups = new[]
            {
                new { templateId = template, autonomousAgentCount = agents, executionTime = 3600, repeatCount = 1, playback = new { loop = true, topics = (string[])["/odom", "/map", "/tf_static"] }, fleet = new { stagger = new { } } },
            },
        });
        var execution = (long)(await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start"))["executionId"]!;
        await using var context = await OpenBrowserAsync(system, chromium, Path.Combine(system.Folder, "profile-map"));
        var page = context.Pages[0];
        await page.GotoAsync("/signin");
        await SignInAsync(page);
        await page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        await page.Locator(".map-tools [role=status]").WaitForAsync();
        await page.Locator("canvas").ScrollIntoViewIfNeededAsync();
        var map = page.Workers.Single(worker => worker.Url.EndsWith("/fleet-worker.js", StringComparison.Ordinal));
        await map.EvaluateAsync<object?>(Watch);
        await Task.Delay(WarmUp);
        for (var round = 0; round < rounds; round++)
        {
            await map.EvaluateAsync<object?>("() => { ages.length = 0; frames = 0; }");
            var watch = Stopwatch.StartNew();
            await Task.Delay(length);
            var ages = await map.EvaluateAsync<double[]>("() => ages");
            var frames = await map.EvaluateAsync<double>("() => frames") / watch.Elapsed.TotalSeconds;
            var histogram = new LatenessHistogram();
            foreach (var age in ages) histogram.Record((long)(Math.Max(0, age) * 1e6));
            Write($"{agents} agents on the map: looked to on the screen p50 {histogram.Percentile(0.5) / 1000.0:0.0} ms p99 {histogram.Percentile(0.99) / 1000.0:0.0} ms of {ages.Length} messages; {frames:0.0} frames/s");
        }
        await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/execution/{execution}/stop");
    }

    private static Task<IBrowserContext> OpenBrowserAsync(ApiUnderLoad system, IBrowserType chromium, string profile) =>
        chromium.LaunchPersistentContextAsync(profile, new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = BrowserPath(), Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], BaseURL = system.Client.BaseAddress!.ToString(), ViewportSize = new ViewportSize { Width = 1280, Height = 800 },
        });

    private static async Task SignInAsync(IPage page)
    {
        await page.Locator("#email").FillAsync((string)ApiUnderLoad.SignInBody["email"]!);
        await page.Locator("#password").FillAsync((string)ApiUnderLoad.SignInBody["password"]!);
        await page.Locator("button[type=submit]").ClickAsync();
        await page.Locator("nav").First.WaitForAsync();
    }

    /// <summary>The form is part of the page, and works by itself until the console is loaded, which takes it over.</summary>
    private static async Task OpenSignInAsync(IPage page, List<double> usable, List<double> loaded)
    {
        var watch = Stopwatch.StartNew();
        usable.Add(await OpenAsync(page, "/signin", "#email"));
        await page.Locator(".mud-layout #email").WaitForAsync();
        loaded.Add(watch.Elapsed.TotalMilliseconds);
    }

    /// <summary>Milliseconds from asking for an address until there is what it is opened for.</summary>
    private static async Task<double> OpenAsync(IPage page, string address, string wanted)
    {
        var watch = Stopwatch.StartNew();
        await page.GotoAsync(address, new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        await page.Locator(wanted).First.WaitForAsync();
        return watch.Elapsed.TotalMilliseconds;
    }

    private static string Times(List<double> times) => string.Create(CultureInfo.InvariantCulture, $"median {times.Order().ElementAt(times.Count / 2):0} ms ({times.Min():0} to {times.Max():0})");

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
