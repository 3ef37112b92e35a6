using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>A simulation that runs until it is stopped, or for ten minutes.</summary>
internal static class LoopingPlan
{
    public static Task<long> CreateAsync(ApiClient client, long template) => Plans.CreateAsync(client, Plans.Sequential(
        Plans.NewName(), new { stepOrder = 1, templateId = template, autonomousAgentCount = 3, executionTime = 600, repeatCount = 1, playback = new { loop = true } }));

    /// <summary>Starts such a simulation.</summary>
    public static async Task<(long Simulation, long Execution)> StartAsync(ApiClient client, long template)
    {
        var simulation = await CreateAsync(client, template);
        return (simulation, await ExecutionTests.StartAsync(client, simulation));
    }
}
