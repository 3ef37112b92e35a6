using System.Globalization;
using SimulationManager.Benchmarks.ApiLoad;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Benchmarks.Pods;

/// <summary>
/// What each pod's process takes of processor and memory: at its start, at rest with a kubelet's probes and a scrape, through the README's tour, and
/// with agents that play. Requests and limits in <c>SystemSettings.cs</c> follow these rows.
/// </summary>
internal static class PodResources
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    /// <summary>How long the compiler goes on with what the start has called often.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(60);

    /// <summary>Agents, and the recording that each plays.</summary>
    private static readonly (int Agents, string Bag, string What)[] Loads =
        [(100, "replay-10000", "20"), (1000, "replay-10000", "20"), (5000, "replay-10000", "20"), (1000, "replay-1000", "230")];

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = Arguments.Number(args, 0, 3);
        var length = TimeSpan.FromSeconds(Arguments.Number(args, 1, 30));
        var rows = new ResourceRows();
        for (var round = 1; round <= rounds; round++)
        {
            await MeasureAsync(rows, length);
            Console.Error.WriteLine($"round {round} of {rounds} done");
        }

        rows.Write(Console.Out);
        return 0;
    }

    private static async Task MeasureAsync(ResourceRows rows, TimeSpan length)
    {
        await using var system = await ApiUnderLoad.StartAsync();
        await using var prometheus = StartPrometheus(system);
        var pods = PodsOf(system, prometheus);
        rows.AddStart(pods);
        using var stop = new CancellationTokenSource();
        var kubelet = ProbeAsync(system, stop.Token);
        await Task.Delay(Compiling);
        await rows.MeasureAsync("at rest", pods, () => Task.Delay(length));
        await rows.MeasureAsync("README's tour", pods, () => TourAsync(system));
        foreach (var (agents, bag, rate) in Loads)
        {
            var simulation = await CreateAsync(system, ReplayCase.All.Single(load => load.Name == bag), agents);
            var execution = (long)(await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start"))["executionId"]!;
            await Task.Delay(Settling);
            await rows.MeasureAsync($"{agents.ToString("N0", CultureInfo.InvariantCulture)} agents × {rate} messages/s", pods, () => Task.Delay(length));
            await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/execution/{execution}/stop");
        }

        await Task.Delay(Settling);
        await rows.MeasureAsync("at rest again", pods, () => Task.Delay(length));
        await stop.CancelAsync();
        await kubelet;
    }

    private static (string Pod, int Process)[] PodsOf(ApiUnderLoad system, ServerProcess? prometheus) =>
    [
        .. prometheus is null ? [] : ((string, int)[])[("metrics", prometheus.Id)],
        ("api", system.ApiProcess),
        ("worker", system.WorkerProcess),
        ("postgres", ProcessUsage.Find(line => line.Contains($"-D {system.Folder}", StringComparison.Ordinal) && line.Split(' ')[0].EndsWith("/postgres", StringComparison.Ordinal))),
        ("redis", ProcessUsage.Find(line => line.Contains("redis-server", StringComparison.Ordinal) && line.Contains($":{system.RedisPort}", StringComparison.Ordinal))),
    ];

    /// <summary>A Prometheus of the machine with the pod's interval; null where there is none.</summary>
    private static ServerProcess? StartPrometheus(ApiUnderLoad system)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "prometheus")))) return null;
        var configuration = Path.Combine(system.Folder, "prometheus.yml");
        File.WriteAllText(configuration, $$"""
            global: {scrape_interval: 15s}
            scrape_configs: [{job_name: pods, static_configs: [{targets: ["{{system.Client.BaseAddress!.Authority}}", "{{system.WorkerAddress.Authority}}"]}]}]
            """);
        return ServerProcess.Start(
            "prometheus",
            [$"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(system.Folder, "prometheus")}", $"--web.listen-address=127.0.0.1:{FreePorts.Draw()}", "--log.level=error"]);
    }

    /// <summary>What the kubelet and Prometheus ask of each service's pod, as often as the manifests say.</summary>
    private static async Task ProbeAsync(ApiUnderLoad system, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        for (var second = 5; !cancellationToken.IsCancellationRequested; second += 5)
        {
            await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var address in (Uri[])[system.Client.BaseAddress!, system.WorkerAddress])
            {
                using var health = await client.GetAsync(new Uri(address, "/health"), CancellationToken.None);
                if (second % 10 == 0) await client.GetStringAsync(new Uri(address, "/alive"), CancellationToken.None);
                if (second % 15 == 0) await client.GetStringAsync(new Uri(address, "/metrics"), CancellationToken.None);
            }
        }
    }

    /// <summary>The README's sequential plan: two agents twice, then three once, looked at every two seconds.</summary>
    private static async Task TourAsync(ApiUnderLoad system)
    {
        var template = await system.UploadAsync(Path.Combine(AppContext.BaseDirectory, "Data", "bags", "turtlesim_cmd_vel"), "/turtle1/cmd_vel");
        var simulation = await system.CreateSimulationAsync("sequential", new
        {
            steps = new[]
            {
                new { stepOrder = 1, templateId = template, autonomousAgentCount = 2, executionTime = 60, delayAfterCompletion = 1, repeatCount = 2 },
                new { stepOrder = 2, templateId = template, autonomousAgentCount = 3, executionTime = 60, delayAfterCompletion = 0, repeatCount = 1 },
            },
        });
        await system.SendAsync(HttpMethod.Post, $"/api/simulation/{simulation}/start");
        string status;
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(2));
            status = (string)(await system.SendAsync(HttpMethod.Get, $"/api/simulation/{simulation}/status"))["currentStatus"]!["status"]!;
        }
        while (status is "RUNNING" or "PENDING" or "INITIATING");
        if (status != "COMPLETED") throw new InvalidOperationException($"The tour's simulation ended {status}.");
    }

    private static async Task<long> CreateAsync(ApiUnderLoad system, ReplayCase load, int agents)
    {
        load.OpenBag().Dispose();
        string topics;
        using (var bag = BagReader.Open(load.Folder)) topics = string.Join(',', bag.Topics.Select(topic => topic.Name));
        var template = await system.UploadAsync(load.Folder, topics);
        return await system.CreateSimulationAsync("parallel", new
        {
            groups = new[] { new { templateId = template, autonomousAgentCount = agents, executionTime = 3600, repeatCount = 1000 } },
        });
    }
}
