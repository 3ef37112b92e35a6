using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using SimulationManager.Tests.Hosting.Kubernetes;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Npm;

/// <summary>A page of this folder in headless Chromium, which posts what it has found to <c>/result</c>.</summary>
internal sealed class WebPage : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    internal static readonly string[] Browsers = ["chromium-headless-shell", "chromium", "google-chrome"];

    private readonly WebApplication _server;
    private readonly Process _browser;
    private readonly TempFolder _profile;
    private readonly Task<string> _errors;
    private readonly TaskCompletionSource<JsonNode> _result;

    private WebPage(WebApplication server, Process browser, TempFolder profile, TaskCompletionSource<JsonNode> result)
    {
        (_server, _browser, _profile, _result) = (server, browser, profile, result);
        _errors = browser.StandardError.ReadToEndAsync();
    }

    /// <summary>Opens a page. Skips the test where there is no node or no browser.</summary>
    /// <param name="page">Its file name.</param>
    /// <param name="query">What it is told.</param>
    public static async Task<WebPage> OpenAsync(string page, IReadOnlyDictionary<string, string> query)
    {
        var folder = await NpmPackages.FolderAsync();
        var browser = Browsers.FirstOrDefault(ChildProcess.IsOnPath);
        Assert.SkipWhen(browser is null, "No Chromium is on PATH (Debian: apt-get install chromium-headless-shell).");
        var result = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (server, address) = await ServeAsync(folder, result);
        var profile = new TempFolder();
        var url = $"{address}/{page}?{string.Join('&', query.Select(pair => $"{pair.Key}={HttpUtility.UrlEncode(pair.Value)}"))}";
        // The sandbox needs user namespaces, which root in a container does not have.
        var process = Process.Start(new ProcessStartInfo(browser!, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr", $"--user-data-dir={profile.Path}", url])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return new WebPage(server, process, profile, result);
    }

    /// <summary>What the page has found.</summary>
    public async Task<JsonNode> ResultAsync()
    {
        try
        {
            return await _result.Task.WaitAsync(Limit);
        }
        catch (TimeoutException late)
        {
            _browser.Kill(entireProcessTree: true);
            throw new TimeoutException($"The page found nothing within {Limit}: {await _errors}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _browser.Kill(entireProcessTree: true);
        await _browser.WaitForExitAsync();
        _browser.Dispose();
        await _server.DisposeAsync();
        _profile.Dispose();
    }

    private static async Task<(WebApplication Server, string Address)> ServeAsync(string folder, TaskCompletionSource<JsonNode> result)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var address = $"http://127.0.0.1:{FreePorts.Draw()}";
        builder.WebHost.UseUrls(address).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var server = builder.Build();
        var types = new FileExtensionContentTypeProvider { Mappings = { [".mjs"] = "text/javascript" } };
        server.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), ContentTypeProvider = types });
        server.MapPost("/result", async (HttpRequest request) => result.TrySetResult((await JsonNode.ParseAsync(request.Body))!));
        await server.StartAsync();
        return (server, address);
    }
}
