using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Api.Coverage;

namespace SimulationManager.Tests.Api.Fuzz;

/// <summary>
/// Requests made up from the OpenAPI document: none may be answered with a 5xx, hang, or tell of the API's inside.
/// The long run: <c>FUZZ_REQUESTS=10000 dotnet test SimulationManager.Tests --filter FullyQualifiedName~FuzzTests --logger "console;verbosity=detailed"</c>
/// </summary>
public class FuzzTests(ApiFixture fixture, ITestOutputHelper output)
{
    private const int ShortRun = 400;
    private const int Clients = 4;
    private const long LargestGrowth = 128 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Words that only an exception's text has.</summary>
    private static readonly string[] Inside = ["System.", "Exception", "Npgsql", "StackTrace", "   at ", "Microsoft.", "StackExchange", "Minio", "SELECT "];

    [Fact]
    [Contract("envelope/500-tells-nothing", "envelope/fuzz")]
    public async Task Made_up_requests_never_break_the_API()
    {
        var requests = Setting("FUZZ_REQUESTS", ShortRun);
        var seed = Setting("FUZZ_SEED", Random.Shared.Next());
        output.WriteLine($"FUZZ_REQUESTS={requests} FUZZ_SEED={seed}");
        var settings = await fixture.NewSystemAsync();
        settings["Uploads:MaxDecompressedFileBytes"] = "1000000";
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        using var admin = await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin");
        await Plans.CreateAsync(admin, Plans.Parallel(Plans.NewName(), Plans.Group(await TestBundle.UploadAsync(admin))));
        var document = JsonNode.Parse((await admin.GetAsync("/openapi/v1.json")).Text)!;
        ConcurrentDictionary<int, int> statuses = new();
        ConcurrentQueue<string> findings = new();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => RunAsync(
            new RequestFuzzer(document, seed + client, admin.Token!), api.Address, requests / Clients / 10, statuses, findings)));
        // Alone in its process it is the API that grows; among other tests it need not be, and they are not to wait for collections.
        var isAlone = requests > ShortRun;
        var before = GC.GetTotalMemory(isAlone);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => RunAsync(
            new RequestFuzzer(document, seed + Clients + client, admin.Token!), api.Address, requests / Clients * 9 / 10, statuses, findings)));
        var growth = GC.GetTotalMemory(isAlone) - before;

        output.WriteLine(string.Join(", ", statuses.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {entry.Value}")));
        output.WriteLine($"memory grew by {growth / 1024 / 1024} MiB");
        Assert.True(findings.IsEmpty, $"FUZZ_SEED={seed}\n{string.Join('\n', findings.Take(20))}");
        Assert.True(statuses.Keys.Any(status => status < 300) && statuses.ContainsKey(400), "some requests are right and some are not");
        if (isAlone) Assert.InRange(growth, long.MinValue, LargestGrowth);
    }

    private static async Task RunAsync(
        RequestFuzzer fuzzer, Uri address, int requests, ConcurrentDictionary<int, int> statuses, ConcurrentQueue<string> findings)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = Patience };
        for (var number = 0; number < requests; number++)
        {
            var request = fuzzer.Next();
            using var message = request.Message;
            try
            {
                using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                var status = (int)answer.StatusCode;
                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
                // A stream of events has no end.
                var text = answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                if (ProblemOf(status, text, request.Message.RequestUri!.OriginalString) is { } problem) findings.Enqueue($"{problem}: {request.Description}\n   {text}");
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                findings.Enqueue($"no answer ({exception.Message}): {request.Description}");
            }
        }
    }

    private static string? ProblemOf(int status, string text, string path)
    {
        // What is no HTTP at all, the server refuses before there is a request that an envelope could answer.
        if (text.Length == 0 && (status == 414 || (status == 400 && path.Contains("%00", StringComparison.Ordinal)))) return null;
        // There is no worker in this system: that is said in so many words, and is no failure.
        var isWorkerAway = status == 503 && text.Contains("orker", StringComparison.Ordinal) | text.Contains("워커", StringComparison.Ordinal);
        if (status >= 500 && !isWorkerAway) return $"{status}";
        if (status < 400) return null;
        if (Inside.FirstOrDefault(word => text.Contains(word, StringComparison.Ordinal)) is { } word) return $"'{word}' is said";
        return text.Length > 0 && (int?)JsonNode.Parse(text)!["statusCode"] == status ? null : "no envelope";
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;
}
