using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Worker;

/// <summary>One silo on real servers, for the tests of this collection together.</summary>
public sealed class OneWorker : IAsyncLifetime
{
    internal BackingServers Servers { get; } = new();
    internal WorkerHost Worker { get; private set; } = null!;
    internal Scenario Scenario { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Servers.InitializeAsync();
        Worker = await WorkerHost.StartAsync(Servers.Settings("one-worker"));
        Scenario = new Scenario(Worker.Services);
    }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Servers.DisposeAsync();
    }
}

public sealed class ExecutionTests(OneWorker fixture) : IClassFixture<OneWorker>
{
    private const string TurtleTopic = "/turtle1/cmd_vel";

    /// <summary>So that a bag of 7.65 s does not make a test wait as long.</summary>
    private static readonly PlaybackOptions Fast = new() { Rate = 20 };

    private Scenario Scenario => fixture.Scenario;

    [Fact]
    public async Task Sequential_run_puts_out_every_message_of_every_agent_and_repeat_and_completes()
    {
        var turtle = await Scenario.UploadAsync(Scenario.BagFolder("turtlesim_cmd_vel"));
        var id = await Scenario.CreateExecutionAsync(
            PatternType.Sequential,
            Scenario.Part(1, turtle, [TurtleTopic], agents: 2, repeats: 2, delay: 1, playback: Fast),
            Scenario.Part(2, turtle, [TurtleTopic], agents: 3, repeats: 1, playback: Fast));

        await fixture.Worker.Execution(id).Start();
        var ended = await Scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(30));

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(113 * 7, ended.MessagesOut);
        Assert.Equal(100, ended.OverallProgress);
        Assert.All(ended.Parts, part => Assert.Equal(RunStatus.Completed, part.Status));
        Assert.Equal([113 * 4, 113 * 3], ended.Parts.OrderBy(part => part.Number).Select(part => part.MessagesOut));
        Assert.Equal(SimulationStatus.Pending, ended.Simulation!.Status);
        Assert.Equal(RunStatus.Completed, ended.Simulation.LatestExecutionStatus);
        var instances = await Scenario.ReadInstancesAsync(id);
        Assert.Equal([1, 2, 3, 4, 5], instances.Select(instance => instance.InstanceId));
        Assert.Equal([226, 226, 113, 113, 113], instances.Select(instance => instance.MessagesOut));
        await Wait.UntilAsync(
            async () => await fixture.Worker.Get<LiveExecutionStore>().ReadAsync(id) is { Status: RunStatus.Completed, MessagesOut: 113 * 7 },
            TimeSpan.FromSeconds(2),
            "the live state to say so too");
    }
}
