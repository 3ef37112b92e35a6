using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>How the API serves the console's files.</summary>
public partial class ServedConsoleTests(ApiFixture fixture)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/simulations")]
    [InlineData("/simulations/12/executions/34")]
    public async Task Addresses_of_the_console_answer_its_page_when_nobody_is_signed_in(string path)
    {
        using var http = await HttpAsync();

        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoCache);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self' 'wasm-unsafe-eval';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("'unsafe-eval'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_not_sent_again_when_it_is_known()
    {
        using var http = await HttpAsync();
        using var first = await http.GetAsync("/", TestContext.Current.CancellationToken);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/templates");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    /// <summary>As published: what a build serves may change under the same address.</summary>
    [Fact]
    public async Task Files_with_a_fingerprint_are_kept_for_good()
    {
        await using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "SimulationManager.Api.staticwebassets.endpoints.json"));
        var endpoints = (await JsonNode.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken))!["Endpoints"]!.AsArray();

        var fingerprinted = endpoints.Where(endpoint => FingerprintedFile().IsMatch((string)endpoint!["Route"]!)).ToArray();

        Assert.True(fingerprinted.Length > 50);
        Assert.All(fingerprinted, endpoint => Assert.Contains(
            endpoint!["ResponseHeaders"]!.AsArray(),
            header => (string?)header!["Name"] == "Cache-Control" && ((string)header["Value"]!).Contains("immutable", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Files_are_sent_compressed()
    {
        using var http = await HttpAsync();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/_framework/blazor.webassembly.js");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task All_that_the_page_names_is_there()
    {
        using var http = await HttpAsync();
        var page = await http.GetStringAsync("/", TestContext.Current.CancellationToken);

        var named = NamedFile().Matches(page).Select(match => match.Groups["file"].Value).ToArray();

        Assert.Contains("_framework/blazor.webassembly.js", named);
        foreach (var file in named)
        {
            using var answer = await http.GetAsync("/" + file, TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, $"{file}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("/missing.js")]
    [InlineData("/_framework/missing.wasm")]
    public async Task A_file_that_is_not_there_is_not_found(string path)
    {
        using var http = await HttpAsync();

        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("/api/nothing")]
    [InlineData("/api")]
    [InlineData("/api/simulation/1/nothing")]
    public async Task Unknown_addresses_of_the_api_answer_in_their_envelope(string path)
    {
        using var client = await fixture.UserAsync();

        var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal(404, (int)answer.Envelope["statusCode"]!);
    }

    [GeneratedRegex(@"^_framework/.+\.[a-z0-9]{10}\.(js|wasm)$")]
    private static partial Regex FingerprintedFile();

    [GeneratedRegex("""<(script|link) [^>]*(src|href)="(?<file>[^"]+)""")]
    private static partial Regex NamedFile();

    private async Task<HttpClient> HttpAsync() => new() { BaseAddress = (await fixture.ApiAsync()).Address };
}
