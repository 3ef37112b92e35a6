using System.Diagnostics;
using System.Globalization;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Benchmarks;

/// <summary>
/// A whole worker on real servers, all on this machine: from the start command to all agents playing, lateness while they play,
/// and from the stop command to STOPPED in the database.
/// </summary>
internal static class WholeSystem
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 5000);
        var seconds = Arguments.Number(args, 1, 20);
        var load = ReplayCase.All.Single(other => other.Name == (args.Length > 2 ? args[2] : "replay-10000"));
        load.OpenBag().Dispose();
        await using var servers = new BackingServers();
        await servers.InitializeAsync();
        await using var worker = await WorkerHost.StartAsync(servers.Settings("benchmark"));
        var scenario = new Scenario(worker.Services);
        string[] topics;
        using (var bag = BagReader.Open(load.Folder)) topics = [.. bag.Topics.Select(topic => topic.Name)];
        var files = await scenario.UploadAsync(load.Folder);
        var engine = worker.Get<ReplayEngine>();

        // The first run pays for compiling.
        for (var round = 1; round <= 3; round++)
        {
            var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, topics, agents, repeats: 1000, seconds: 3600));
            var sent = engine.MessagesOut;
            var started = Stopwatch.GetTimestamp();
            await worker.Execution(id).Start();
            await Wait.UntilAsync(() => engine.MessagesOut - sent >= agents, Patience, "all agents to play");
            var toPlaying = Stopwatch.GetElapsedTime(started);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            started = Stopwatch.GetTimestamp();
            await worker.Execution(id).Stop();
            var toStopped = Stopwatch.GetElapsedTime(started);
            var ended = await scenario.ReadAsync(id);
            var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"round {round}: {agents} agents ({load.Name}'s bag), {seconds} s: all playing after {toPlaying.TotalSeconds:0.00} s, {ended.Status} after {toStopped.TotalSeconds:0.00} s, {ended.MessagesOut} messages, lateness us p50 {ended.Lateness!.P50} p99 {ended.Lateness.P99} p99.9 {ended.Lateness.P999} max {ended.Lateness.Max}, working set {process.WorkingSet64 >> 20} MiB"));
        }
        return 0;
    }
}
