using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>An API and a worker in processes of their own, on real servers, with an admin who is signed in.</summary>
internal sealed class ApiUnderLoad : IAsyncDisposable
{
    private const string Email = "load@example.com";
    private const string Password = "a-password-for-load";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly BackingServers _servers = new();
    private ServerProcess? _api;
    private ServerProcess? _worker;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromMinutes(30) };

    public string AccessToken { get; private set; } = "";

    public string DatabaseConnection { get; private set; } = "";

    public int RedisPort { get; private set; }

    public int ApiProcess => _api!.Id;

    public int WorkerProcess => _worker!.Id;

    public Uri WorkerAddress { get; private set; } = new("http://127.0.0.1");

    /// <summary>The folder that the servers' data is in.</summary>
    public string Folder => _servers.Folder;

    /// <summary>The body that signs the admin in.</summary>
    public static JsonObject SignInBody => new() { ["email"] = Email, ["password"] = Password };

    /// <summary>Starts it.</summary>
    /// <param name="published">The folder that the API was published to; null: the API that was built with this program.</param>
    public static async Task<ApiUnderLoad> StartAsync(string? published = null)
    {
        var system = new ApiUnderLoad();
        await system._servers.InitializeAsync();
        var settings = system._servers.Settings("benchmark");
        system.DatabaseConnection = settings["ConnectionStrings:robotdb"]!;
        system.RedisPort = int.Parse(settings["ConnectionStrings:redis"]!.Split(',')[0].Split(':')[1], CultureInfo.InvariantCulture);
        var anyNumber = int.MaxValue.ToString(CultureInfo.InvariantCulture);
        var (api, port) = await ServerProcess.StartServiceAsync(Path.Combine(published ?? "", "SimulationManager.Api.dll"), new Dictionary<string, string?>(settings)
        {
            ["ASPNETCORE_CONTENTROOT"] = published,
            ["Auth:AccessTokenLifetime"] = "12:00:00",
            ["Auth:SignInsPerAddress"] = anyNumber,
            // Sign-ins under way count against their account until the password was right.
            ["Auth:FailedSignInsPerAccount"] = anyNumber,
        });
        system._api = api;
        system.Client.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        (system._worker, port) = await ServerProcess.StartServiceAsync("SimulationManager.Worker.dll", settings);
        system.WorkerAddress = new Uri($"http://127.0.0.1:{port}");
        await Wait.UntilAsync(async () => (await system.Client.GetAsync("/health")).IsSuccessStatusCode, Patience, "the API to be healthy");
        await system.SignUpAsync();
        return system;
    }

    /// <summary>Bytes that the API has allocated since its start.</summary>
    public async Task<double> AllocatedBytesAsync()
    {
        var metrics = await Client.GetStringAsync("/metrics");
        return metrics.Split('\n')
            .Where(line => line.StartsWith("dotnet_gc_heap_total_allocated_bytes", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).Sum(words => double.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>The API's resident memory and its highest so far, in bytes.</summary>
    public (long Now, long Highest) ResidentBytes()
    {
        var lines = File.ReadAllLines($"/proc/{_api!.Id}/status");
        return (Read("VmRSS:"), Read("VmHWM:"));

        long Read(string name) =>
            long.Parse(lines.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Uploads a bag's folder as a template and returns the template's id.</summary>
    public async Task<long> UploadAsync(string folder, string topic)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent($"load {Guid.NewGuid():N}"), "name" },
            { new StringContent("load"), "type" },
            { new StringContent("for the benchmark"), "description" },
            { new StringContent(topic), "topics" },
        };
        // The index that a recording's first use has left there is not the bag's.
        foreach (var path in Directory.EnumerateFiles(folder).Where(path => Path.GetExtension(path) is ".yaml" or ".db3").OrderBy(path => Path.GetExtension(path) == ".db3"))
            form.Add(new StreamContent(File.OpenRead(path)), Path.GetExtension(path) == ".db3" ? "db_file" : "metadata_file", Path.GetFileName(path));
        return (long)(await SendAsync(HttpMethod.Post, "/api/template", form))["templateId"]!;
    }

    /// <summary>Creates a simulation and returns its id.</summary>
    public async Task<long> CreateSimulationAsync(string patternType, object pattern) => (long)(await SendAsync(
        HttpMethod.Post,
        "/api/simulation",
        JsonContent.Create(new { simulationName = $"load {Guid.NewGuid():N}"[..30], simulationDescription = "", patternType, mecId = "mec-01", pattern })))["simulationId"]!;

    /// <summary>Sends a request that must succeed, and returns its data.</summary>
    public async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(body)!["data"]!
            : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {body}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_worker is not null) await _worker.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        await _servers.DisposeAsync();
    }

    private async Task SignUpAsync()
    {
        var account = SignInBody;
        account["password_confirm"] = Password;
        account["role"] = "admin";
        await SendAsync(HttpMethod.Post, "/api/auth/signup", JsonContent.Create(account));
        AccessToken = (string)(await SendAsync(HttpMethod.Post, "/api/auth/signin", JsonContent.Create(SignInBody)))["accessToken"]!;
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
    }
}
