using Orleans.Runtime;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Replay.Mqtt;
using SimulationManager.Tests.Replay.Vda5050;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>A fleet of vehicles is driven by a fleet control, and loses a worker.</summary>
[Collection(SurvivalCollection.Name)]
public sealed class VehicleSurvivalTests(OwnServers fixture)
{
    private const int VehiclesPerRelease = 100;

    [Fact]
    public async Task Two_hundred_vehicles_take_orders_and_those_of_a_killed_worker_are_told_broken_and_come_back()
    {
        await using var broker = await Mosquitto.StartAsync("max_queued_messages 0");
        var settings = fixture.Servers.Settings(nameof(Two_hundred_vehicles_take_orders_and_those_of_a_killed_worker_are_told_broken_and_come_back));
        // No agent moves but those of the lost worker, even on a machine that cannot keep up.
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.OnRequest);
        await using var survivor = await WorkerHost.StartAsync(settings);
        await using var victim = await WorkerProcess.StartAsync(settings);
        await survivor.WaitForSilosAsync(2);
        var scenario = new Scenario(survivor.Services);
        var id = await StartAsync(survivor, broker.Port, "2.1", "3.0");
        await Wait.UntilAsync(
            async () => (await survivor.Execution(id).GetState()).Parts.All(part => part.Endpoints is [{ Connected: VehiclesPerRelease }]), TimeSpan.FromSeconds(60), "all vehicles to be connected");

        // It comes later than the vehicles: what they told when they came is retained.
        await using var control = await FleetControl.StartAsync(broker.Port, 2 * VehiclesPerRelease);
        await control.DoAsync("online");
        await control.DoAsync("order");
        await control.DoAsync("pause 01");
        await control.DoAsync("resume 0");
        await control.DoAsync("cancel 2");
        var lost = await AgentsElsewhereAsync(survivor, scenario, id);
        await victim.KillAsync();
        await control.DoAsync($"broken {lost.Length}");
        await control.DoAsync("online");
        await control.DoAsync("resume 1");
        await survivor.Execution(id).Stop();
        await scenario.WaitForEndAsync(id, TimeSpan.FromSeconds(60));
        await control.DoAsync("offline");

        var report = await control.DoAsync("report");
        Assert.Equal(lost.Select(TopicsOf).Order(StringComparer.Ordinal), report["broken"]!.AsArray().Select(vehicle => (string)vehicle!).Order(StringComparer.Ordinal));
        Assert.Contains(lost, agent => agent <= VehiclesPerRelease);
        Assert.Contains(lost, agent => agent > VehiclesPerRelease);
        Assert.Empty(report["invalid"]!.AsArray().Select(message => (string)message!));
        Assert.Equal(
            ["v2/connection", "v2/factsheet", "v2/state", "v2/visualization", "v3/connection", "v3/factsheet", "v3/state", "v3/visualization"],
            report["heard"]!.AsObject().Select(topic => topic.Key).Order(StringComparer.Ordinal));
    }

    /// <summary>The first level of topics is what each release suggests.</summary>
    private static string TopicsOf(long agent) => $"{(agent > VehiclesPerRelease ? "vda5050/v3" : "uagv/v2")}/acme/robot-{agent}";

    /// <summary>The agents that play on other silos, once all that was heard of agents is in a checkpoint.</summary>
    private static async Task<long[]> AgentsElsewhereAsync(WorkerHost worker, Scenario scenario, long execution)
    {
        // What is being saved may be from before.
        for (var saved = 0; saved < 2; saved++)
        {
            var since = DateTimeOffset.UtcNow;
            await Wait.UntilAsync(async () => (await CohortsAsync(scenario, execution)).All(cohort => cohort.UpdatedAt > since), TimeSpan.FromSeconds(60), "checkpoints");
        }
        var here = worker.Get<ILocalSiloDetails>().SiloAddress.ToParsableString();
        return [.. (await CohortsAsync(scenario, execution)).Where(cohort => cohort.Silo != here).SelectMany(cohort => CohortCheckpoint.FromBytes(cohort.Checkpoint).Agents).Select(agent => agent.InstanceId)];
    }

    private static Task<ExecutionCohort[]> CohortsAsync(Scenario scenario, long execution) =>
        scenario.QueryAsync(database => Task.FromResult(database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == execution).ToArray()));

    /// <summary>Starts a group of vehicles for each release.</summary>
    private static async Task<long> StartAsync(WorkerHost worker, int broker, params string[] releases)
    {
        using var folder = new TempFolder();
        StraightDrive.Write(folder["drive"]);
        var scenario = new Scenario(worker.Services);
        var files = await scenario.UploadAsync(folder["drive"]);
        var id = await scenario.CreateExecutionAsync(PatternType.Parallel, [.. releases.Select((release, index) =>
            Scenario.Part(index + 1, files, [StraightDrive.Topic], VehiclesPerRelease, repeats: 1000, seconds: 600) with
            {
                Output = new PlannedOutput { Simulation = "7", Endpoints = [$"mqtt://127.0.0.1:{broker}?format=vda5050&version={release}&manufacturer=acme&serial=robot-{{n}}"] },
            })]);
        await worker.Execution(id).Start();
        return id;
    }
}
