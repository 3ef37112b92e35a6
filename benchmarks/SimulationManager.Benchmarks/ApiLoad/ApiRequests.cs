using System.Globalization;
using System.Net.Http.Json;

namespace SimulationManager.Benchmarks.ApiLoad;

/// <summary>
/// Requests per second, latency and allocation of the API's hot calls on a database of years, 16 connections, with PostgreSQL,
/// Redis, a worker that plays 5,000 agents, and the load generator on the same machine.
/// </summary>
internal static class ApiRequests
{
    private const int Connections = 16;
    private const int Agents = 5000;

    /// <summary>Seconds of full load on every call before it is measured: so long until the compiler has seen what is hot.</summary>
    private const int WarmUp = 15;

    /// <param name="Name">What it is.</param>
    /// <param name="Target">Requests per second to reach.</param>
    /// <param name="Paths">Paths and queries, asked for in turn.</param>
    private sealed record Case(string Name, int Target, params string[] Paths);

    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = Arguments.Number(args, 0, 10);
        var only = args.ElementAtOrDefault(1) ?? "";
        await using var system = await ApiUnderLoad.StartAsync();
        var (simulation, execution) = await PlayAsync(system);
        await LoadSeed.FillAsync(system.DatabaseConnection, simulation, execution);
        var other = simulation + (LoadSeed.Simulations / 2);

        Console.WriteLine($"{"request",-34} {"req/s",8} {"p50 ms",7} {"p99 ms",7} {"KiB/req",8} {"failed",6} | {"at req/s",8} {"p50 ms",7} {"p99 ms",7}");
        Case[] calls =
        [
            new("list, page 1", 1000, "/api/simulation?page=1"),
            new("list, page 500", 1000, "/api/simulation?page=500"),
            new("list, all pages in disorder", 1000, Pages()),
            new("detail", 2500, $"/api/simulation/{other}"),
            new("summary of 10,000", 150, "/api/simulation/summary"),
            new("execution list", 2000, $"/api/simulation/{other}/execution"),
            new("status of 5,000 playing agents", 4000, $"/api/simulation/{simulation}/status"),
        ];
        foreach (var call in calls.Where(call => call.Name.StartsWith(only, StringComparison.Ordinal))) await MeasureAsync(system, call, seconds);
        if ("sign-in".StartsWith(only, StringComparison.Ordinal)) await SignInAsync(system, simulation, seconds);
        return 0;
    }

    private static async Task MeasureAsync(ApiUnderLoad system, Case call, int seconds)
    {
        Uri[] urls = [.. call.Paths.Select(path => new Uri(system.Client.BaseAddress!, path))];
        await H2Load.RunAsync(urls, Connections, WarmUp, system.AccessToken, null, null);
        var allocated = await system.AllocatedBytesAsync();
        var full = await H2Load.RunAsync(urls, Connections, seconds, system.AccessToken, null, null);
        allocated = (await system.AllocatedBytesAsync() - allocated) / full.Requests;
        var half = await H2Load.RunAsync(urls, Connections, seconds, system.AccessToken, null, call.Target / 2);
        Write(call.Name, full, allocated, half);
    }

    /// <summary>
    /// Those who ask for one page at once share a read. Here the connections drift apart under full load, and share little; they all
    /// begin with the same page, so that at a fixed rate they may go on sharing: of this case only the full load counts.
    /// </summary>
    private static string[] Pages()
    {
        int[] pages = [.. Enumerable.Range(1, LoadSeed.Simulations / 10)];
        new Random(1).Shuffle(pages);
        return [.. pages.Select(page => $"/api/simulation?page={page}")];
    }

    /// <summary>Sign-in costs what the password hash costs; other calls must not feel it.</summary>
    private static async Task SignInAsync(ApiUnderLoad system, long simulation, int seconds)
    {
        var body = Path.GetTempFileName();
        await File.WriteAllTextAsync(body, ApiUnderLoad.SignInBody.ToJsonString());
        var signIn = new Uri(system.Client.BaseAddress!, "/api/auth/signin");
        var status = new Uri(system.Client.BaseAddress!, $"/api/simulation/{simulation}/status");
        var allocated = await system.AllocatedBytesAsync();
        var full = await H2Load.RunAsync([signIn], Connections, seconds, null, body, null);
        allocated = (await system.AllocatedBytesAsync() - allocated) / full.Requests;
        Write("sign-in", full, allocated, await H2Load.RunAsync([signIn], Connections, seconds, null, body, Math.Max(Connections, (int)full.PerSecond / 2)));
        var signIns = H2Load.RunAsync([signIn], Connections, seconds, null, body, null);
        var beside = await H2Load.RunAsync([status], Connections, seconds, system.AccessToken, null, 500);
        await signIns;
        Write("status while 16 connections sign in", beside, 0, beside);
        File.Delete(body);
    }

    private static void Write(string name, LoadResult full, double allocated, LoadResult half) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-34} {full.PerSecond,8:0} {full.P50,7:0.0} {full.P99,7:0.0} {allocated / 1024,8:0.0} {full.Failed + half.Failed,6} | {half.PerSecond,8:0} {half.P50,7:0.0} {half.P99,7:0.0}"));

    /// <summary>Starts a simulation of 5,000 agents at 20 messages/s each, and waits until they play.</summary>
    private static async Task<(long Simulation, long Execution)> PlayAsync(ApiUnderLoad system)
    {
        var load = ReplayCase.All.Single(other => other.Name == "replay-10000");
        string topic;
        using (var bundle = load.OpenBag())
        using (var bag = Rosbag2.BagReader.Open(load.Folder))
            topic = bag.Topics[0].Name;
        var template = await system.UploadAsync(load.Folder, topic);
        var plan = new
        {
            simulationName = "5,000 agents",
            simulationDescription = "plays while the load runs",
            patternType = "parallel",
            mecId = "mec-01",
            pattern = new { groups = new[] { new { templateId = template, autonomousAgentCount = Agents, executionTime = 86_400, repeatCount = 4000 } } },
        };
        var simulation = (long)(await system.SendAsync(HttpMethod.Post, "/api/simulation", JsonContent.Create(plan)))["simulationId"]!;
        var started = await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start");
        await Task.Delay(TimeSpan.FromSeconds(5));
        return (simulation, (long)started["executionId"]!);
    }
}
