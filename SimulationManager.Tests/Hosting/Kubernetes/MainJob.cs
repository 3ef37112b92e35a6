using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>The system's main job through its REST API: a recording goes up, agents play it, the report counts every message.</summary>
internal sealed class MainJob(string address) : IDisposable
{
    /// <summary>Messages of the recording that is played.</summary>
    private const int Messages = 113;

    private const int Agents = 3;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(180);

    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://{address}:8080") };

    public static long ExpectedMessages => Messages * Agents;

    public HttpClient Client => _client;

    public async Task SignInAsync(bool first)
    {
        var login = new { email = "admin@example.com", password = "First-passw0rd", password_confirm = "First-passw0rd", role = "admin" };
        if (first) await DataAsync(await _client.PostAsJsonAsync("/api/auth/signup", login));
        var session = await DataAsync(await _client.PostAsJsonAsync("/api/auth/signin", new { login.email, login.password }));
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.GetProperty("accessToken").GetString());
    }

    public async Task<long> UploadAsync()
    {
        var bag = Repository.PathOf("SimulationManager.Tests/Data/bags/turtlesim_cmd_vel");
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in ((string, string)[])[("name", "turtle"), ("type", "turtlesim"), ("description", "driven by hand"), ("topics", "/turtle1/cmd_vel")])
            form.Add(new StringContent(value), name);
        form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(bag, "metadata.yaml"))), "metadata_file", "metadata.yaml");
        form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(bag, "turtle_cmd_vel.mcap_0.db3"))), "db_file", "turtle_cmd_vel.mcap_0.db3");
        return (await DataAsync(await _client.PostAsync("/api/template", form))).GetProperty("templateId").GetInt64();
    }

    public async Task<long> CreateSimulationAsync(long template, string name)
    {
        var plan = new
        {
            simulationName = name,
            simulationDescription = "",
            patternType = "parallel",
            mecId = "mec-01",
            pattern = new { groups = new[] { new { templateId = template, autonomousAgentCount = Agents, executionTime = 60, repeatCount = 1 } } },
        };
        return (await DataAsync(await _client.PostAsJsonAsync("/api/simulation", plan))).GetProperty("simulationId").GetInt64();
    }

    /// <summary>Runs a simulation to its end and gives the messages that came out.</summary>
    public async Task<(string Status, long Messages)> RunAsync(long simulation)
    {
        var execution = (await DataAsync(await _client.PostAsync($"/api/simulation/{simulation}/start", null))).GetProperty("executionId").GetInt64();
        var status = "RUNNING";
        await Wait.UntilAsync(
            async () => (status = (await DataAsync(await _client.GetAsync($"/api/simulation/{simulation}/status"))).GetProperty("currentStatus").GetProperty("status").GetString()!) is not ("RUNNING" or "PENDING" or "INITIATING"),
            _limit,
            "the execution's end");
        var report = await DataAsync(await _client.GetAsync($"/api/simulation/{simulation}/execution/{execution}/report"));
        return (status, FindNumber(report, "messagesOut"));
    }

    /// <summary>Has a worker try an endpoint, as that of a site.</summary>
    public async Task<JsonElement> CheckAsync(string endpoint)
    {
        var site = await DataAsync(await _client.PostAsJsonAsync("/api/mec", new { name = "check", endpoint }));
        return await DataAsync(await _client.PostAsync($"/api/mec/{site.GetProperty("id").GetInt64()}/check", null));
    }

    public async Task<JsonElement> DataAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}: {(int)response.StatusCode} {body}");
        return JsonDocument.Parse(body).RootElement.GetProperty("data").Clone();
    }

    /// <summary>Waits until a path answers 2xx.</summary>
    public static async Task UntilAnswersAsync(string address, int port, string path, Func<string> output)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var last = "";
        try
        {
            await Wait.UntilAsync(
                async () =>
                {
                    try
                    {
                        using var response = await client.GetAsync($"http://{address}:{port}{path}");
                        last = $"{response.StatusCode} {await response.Content.ReadAsStringAsync()}";
                        return response.IsSuccessStatusCode;
                    }
                    catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
                    {
                        last = exception.Message;
                        return false;
                    }
                },
                TimeSpan.FromSeconds(180),
                path);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"http://{address}:{port}{path} does not answer well ({last}). Output: {output()}");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The first number of that name, from the outside in.</summary>
    private static long FindNumber(JsonElement element, string name)
    {
        var level = new Queue<JsonElement>([element]);
        while (level.TryDequeue(out var item))
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number) return found.GetInt64();
            foreach (var child in item.ValueKind == JsonValueKind.Object ? item.EnumerateObject().Select(property => property.Value) : item.ValueKind == JsonValueKind.Array ? item.EnumerateArray() : Enumerable.Empty<JsonElement>())
                level.Enqueue(child);
        }

        throw new InvalidOperationException($"{element} has no number '{name}'.");
    }
}
