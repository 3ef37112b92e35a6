using System.Runtime.CompilerServices;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>Agents that publish from two workers, one of which can be killed.</summary>
internal sealed class PublishingRun : IAsyncDisposable
{
    private readonly WorkerHost _survivor;
    private readonly WorkerProcess _victim;
    private long _id;

    private PublishingRun(WorkerHost survivor, WorkerProcess victim) => (_survivor, _victim, Scenario) = (survivor, victim, new Scenario(survivor.Services));

    public Scenario Scenario { get; }

    /// <summary>Starts the workers.</summary>
    /// <param name="servers">What they need.</param>
    /// <param name="name">Whose databases they use.</param>
    public static async Task<PublishingRun> StartWorkersAsync(BackingServers servers, [CallerMemberName] string name = "")
    {
        var settings = servers.Settings(name);
        // A slow machine would move agents to the other worker.
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.OnRequest);
        var survivor = await WorkerHost.StartAsync(settings);
        var run = new PublishingRun(survivor, await WorkerProcess.StartAsync(settings));
        await survivor.WaitForSilosAsync(2);
        return run;
    }

    /// <summary>Starts the agents; half of them play on the worker that is going to be killed.</summary>
    /// <param name="folder">The bag.</param>
    /// <param name="topic">The topic that they play.</param>
    /// <param name="endpoint">Where they publish.</param>
    /// <param name="agents">How many there are.</param>
    /// <param name="repeats">How often they play it.</param>
    /// <param name="rate">How fast.</param>
    public async Task PlayAsync(string folder, string topic, string endpoint, int agents, int repeats = 1, double rate = 1)
    {
        var files = await Scenario.UploadAsync(folder);
        var part = Scenario.Part(1, files, [topic], agents, repeats, seconds: 300, playback: new PlaybackOptions { Rate = rate }) with
        {
            Output = new PlannedOutput { Simulation = "7", Endpoints = [endpoint] },
        };
        _id = await Scenario.CreateExecutionAsync(PatternType.Parallel, part);
        await _survivor.Execution(_id).Start();
    }

    /// <summary>Waits for what the run tells of its endpoint. A subscriber on a busy machine may be far behind that.</summary>
    public Task UntilAsync(Predicate<EndpointReport> condition, string what) =>
        Wait.UntilAsync(async () => (await _survivor.Execution(_id).GetState()).Parts[0].Endpoints is [var endpoint] && condition(endpoint), TimeSpan.FromSeconds(60), what);

    /// <summary>Kills the worker that is not the coordinator's, once all that was sent again is in a checkpoint: what it sends again after the last one is counted by nobody.</summary>
    public async Task KillWorkerAsync()
    {
        for (long? resent = null; await ResentAsync() is var now && now != resent; resent = now)
        {
            // The second one is taken after the first was saved.
            await CheckpointsAsync();
            await CheckpointsAsync();
        }
        await _victim.KillAsync();
    }

    public Task<Execution> WaitForEndAsync() => Scenario.WaitForEndAsync(_id, TimeSpan.FromSeconds(120));

    /// <summary>What became of every agent.</summary>
    public Task<List<ExecutionInstance>> AgentsAsync() => Scenario.ReadInstancesAsync(_id);

    public async ValueTask DisposeAsync()
    {
        await _victim.DisposeAsync();
        await _survivor.DisposeAsync();
    }

    private async Task<long> ResentAsync() => (await _survivor.Execution(_id).GetState()).Parts[0].Endpoints[0].Resent;

    /// <summary>Waits until all cohorts have saved where they are; they do so every second.</summary>
    private Task CheckpointsAsync()
    {
        var at = DateTimeOffset.UtcNow;
        return Wait.UntilAsync(
            async () => await Scenario.QueryAsync(database => Task.FromResult(database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == _id).All(cohort => cohort.UpdatedAt > at))),
            TimeSpan.FromSeconds(20), "checkpoints");
    }
}
