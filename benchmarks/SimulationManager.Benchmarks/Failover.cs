using System.Diagnostics;
using System.Globalization;
using Orleans.Runtime;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Benchmarks;

/// <summary>
/// Two workers on real servers, all on this machine: half of a run's agents move to the one that joins, then the other one, which
/// coordinates the run, is killed, and a command is given at once.
/// </summary>
internal static class Failover
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 5000);
        var load = ReplayCase.All.Single(other => other.Name == "replay-10000");
        load.OpenBag().Dispose();
        await using var servers = new BackingServers();
        await servers.InitializeAsync();
        var settings = servers.Settings("benchmark");
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.OnRequest);
        await using var reader = await WorkerHost.BuildAsync(servers.Settings("benchmark-reader"));
        await using var first = await WorkerProcess.StartAsync(settings);
        var scenario = new Scenario(reader.Services);
        string[] topics;
        using (var bag = BagReader.Open(load.Folder)) topics = [.. bag.Topics.Select(topic => topic.Name)];
        var files = await scenario.UploadAsync(load.Folder);
        // The scan of the one worker there is starts and coordinates the run.
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, Scenario.Part(1, files, topics, agents, repeats: 1000, seconds: 3600));
        await Wait.UntilAsync(async () => (await scenario.ReadAsync(id)).Parts.Single().Status == RunStatus.Running, Patience, "the run to begin");

        await using var second = await WorkerHost.StartAsync(settings);
        await second.WaitForSilosAsync(2);
        var engine = second.Get<ReplayEngine>();
        await Task.Delay(TimeSpan.FromSeconds(5));
        engine.TakeWorstLateness();
        var started = Stopwatch.GetTimestamp();
        await second.Execution(id).Rebalance();
        await Wait.UntilAsync(() => engine.GetLoad().Agents >= agents / 3, Patience, "agents to move");
        var moved = Stopwatch.GetElapsedTime(started);
        await Task.Delay(TimeSpan.FromSeconds(2));
        Say($"{engine.GetLoad().Agents} of {agents} agents have moved after {moved.TotalMilliseconds:0} ms, with the bundle's download; the latest message meanwhile {engine.TakeWorstLateness().TotalMilliseconds:0.0} ms");

        var silos = second.Get<SiloDirectory>();
        var sent = engine.MessagesOut;
        var there = engine.GetLoad().Agents;
        started = Stopwatch.GetTimestamp();
        await first.KillAsync();
        await Wait.UntilAsync(() => silos.Active.Count == 1, Patience, "the death to be declared");
        var declared = Stopwatch.GetElapsedTime(started);
        await AskAsync(() => second.Execution(id).Pause());
        await Wait.UntilAsync(() => IsPaused(second), Patience, "all agents to be paused");
        var acted = Stopwatch.GetElapsedTime(started);
        Say($"killed: declared dead after {declared.TotalSeconds:0.00} s, meanwhile the other {there} agents sent {engine.MessagesOut - sent} messages; the next command has acted on them {(acted - declared).TotalSeconds:0.00} s later");
        await AskAsync(() => second.Execution(id).Stop());
        var ended = await scenario.ReadAsync(id);
        Say($"{ended.Status}, {ended.MessagesOut} messages, gaps {string.Join(", ", ended.Parts.Single().Gaps.Select(gap => $"{gap.Agents} agents for {(gap.To - gap.From).TotalSeconds:0.0} s"))}");
        return 0;
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static bool IsPaused(WorkerHost worker) => worker.Get<CohortPlayers>().List() is { Count: > 0 } cohorts
        && cohorts.All(player => player.Cohort!.SnapshotAsync().GetAwaiter().GetResult().Agents.All(agent => agent.State == AgentState.Paused));

    /// <summary>Asks until the coordinator is there, as the API's clients do.</summary>
    private static Task AskAsync(Func<Task> command) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                await command();
                return true;
            }
            catch (OrleansException)
            {
                return false;
            }
        },
        Patience, "the command to be taken");
}
