using System.Diagnostics;
using System.Globalization;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Benchmarks;

/// <summary>
/// Measures on this machine what a message and an agent cost, and calculates from it what a number of agents on a number of
/// nodes ask of each part of the system: the part with the greatest share of its limit saturates first.
/// </summary>
internal static class CapacityModel
{
    /// <summary>Checkpoints and live states are written once, reports four times a second; each takes a snapshot of all agents.</summary>
    private const double SnapshotsPerSecond = 6;

    private const double ReportsPerSecond = 4;

    /// <summary>Bytes of one agent in Redis; see LiveAgentBytes.</summary>
    private const double LiveBytesPerAgent = 45;

    /// <summary>What one node or server is taken to be able to do.</summary>
    private static class Limits
    {
        /// <summary>Lanes share the processors with everything else: lateness grows beyond half.</summary>
        public const double ProcessorShare = 0.5;

        public const double BytesPerSecondOfNetwork = 1.25e9;
        public const double BytesPerSecondOfPostgresLog = 50e6;
        public const double BytesPerSecondOfRedis = 200e6;
        public const double GrainCallsPerSecond = 10_000;
        public const double SecondsToBegin = 60;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        var agents = Arguments.Number(args, 0, 100_000);
        var nodes = Arguments.Number(args, 1, 50);
        var rate = Arguments.Number(args, 2, 230);
        var cores = Arguments.Number(args, 3, 4);
        var bag = Arguments.Number(args, 4, 1024) * 1024.0 * 1024.0;
        var costs = await MeasureAsync();
        Write($"one core: {1e6 / costs.MicrosecondsPerMessage:0} messages/s ({costs.MicrosecondsPerMessage:0.000} us each), and {costs.NanosecondsPerSnapshot:0} ns per agent and snapshot");
        Write($"one agent: {costs.BytesPerAgent:0} bytes of memory, {costs.BytesPerCheckpoint:0.0} bytes of checkpoint, {LiveBytesPerAgent:0} bytes of live state");
        foreach (var other in (int[])[1, 20, 230, 1000, 20_000]) Write($"  agents of {other,5} messages/s per core at half load: {AgentsPerCore(costs, other),9:0}");

        var perNode = (double)agents / nodes;
        Write($"{agents} agents of {rate} messages/s over {nodes} nodes of {cores} cores, a bag of {bag / 1048576:0} MiB:");
        (string What, double Share)[] shares =
        [
            ("a node's processors, playing", perNode / (AgentsPerCore(costs, rate) * cores)),
            ("a node's memory of 2 GiB, agents", perNode * costs.BytesPerAgent / (2.0 * (1 << 30))),
            ("PostgreSQL's log, a checkpoint a second (a 50 MB/s disk)", agents * costs.BytesPerCheckpoint / Limits.BytesPerSecondOfPostgresLog),
            ("Redis, live states (200 MB/s)", agents * LiveBytesPerAgent / Limits.BytesPerSecondOfRedis),
            ("the coordinator grain, reports (10,000 calls/s)", nodes * ReportsPerSecond / Limits.GrainCallsPerSecond),
            ("a node's calls, instances to begin (10,000 calls/s, 60 s)", perNode / (Limits.GrainCallsPerSecond * Limits.SecondsToBegin)),
            ("object storage, every node its bundle's index (10 Gbit/s, 60 s)", nodes * bag * costs.IndexShare / (Limits.BytesPerSecondOfNetwork * Limits.SecondsToBegin)),
        ];
        foreach (var (what, share) in shares.OrderByDescending(share => share.Share)) Write($"  {share,8:0.0 %}  {what}");
        Write($"an index is {costs.IndexShare:0.0 %} of its bag; while agents play, all of the bag arrives on every node within {nodes * bag / Limits.BytesPerSecondOfNetwork:0} s");
        return 0;
    }

    /// <summary>Agents that keep half a core busy.</summary>
    private static double AgentsPerCore(Costs costs, double rate) =>
        Limits.ProcessorShare * 1e6 / ((rate * costs.MicrosecondsPerMessage) + (SnapshotsPerSecond * costs.NanosecondsPerSnapshot / 1000));

    private static async Task<Costs> MeasureAsync()
    {
        var load = ReplayCase.All.Single(other => other.Name == "replay-1000");
        using var recording = load.OpenBag();
        using var engine = new ReplayEngine(new ReplayOptions(), TimeProvider.System);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var cohort = engine.CreateCohort(new CohortPlay
        {
            Key = load.Name,
            Timeline = load.TimelineOf(recording),
            InstanceIds = [.. Enumerable.Range(1, load.Agents).Select(id => (long)id)],
            RepeatCount = int.MaxValue,
        });
        var memory = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)load.Agents;
        await cohort.BeginAsync(TimeSpan.FromHours(1));
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (processor, messages) = (Environment.CpuUsage.TotalTime, engine.MessagesOut);
        await Task.Delay(TimeSpan.FromSeconds(10));
        var perMessage = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / (engine.MessagesOut - messages);

        await cohort.PauseAsync();
        var snapshot = await cohort.SnapshotAsync();
        processor = Environment.CpuUsage.TotalTime;
        const int Snapshots = 500;
        for (var i = 0; i < Snapshots; i++) snapshot = await cohort.SnapshotAsync();
        var perSnapshot = (Environment.CpuUsage.TotalTime - processor).TotalNanoseconds / Snapshots / load.Agents;
        var checkpoint = new CohortCheckpoint(snapshot.Agents, snapshot.Lateness).ToBytes().Length / (double)load.Agents;
        await cohort.StopAsync();
        return new Costs(perMessage, perSnapshot, memory, checkpoint, IndexShareOf(load.Folder));
    }

    private static double IndexShareOf(string folder)
    {
        var bag = Directory.EnumerateFiles(folder).Where(BagBundle.IsStorageFile).Sum(path => new FileInfo(path).Length);
        return (double)new FileInfo(Path.Combine(folder, Recording.IndexName)).Length / bag;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>What was measured.</summary>
    private sealed record Costs(double MicrosecondsPerMessage, double NanosecondsPerSnapshot, double BytesPerAgent, double BytesPerCheckpoint, double IndexShare);
}
