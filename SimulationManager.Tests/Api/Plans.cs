using System.Net;

namespace SimulationManager.Tests.Api;

/// <summary>Bodies that create simulations.</summary>
internal static class Plans
{
    public static string NewName() => Guid.NewGuid().ToString("N")[..20];

    public static object Step(long template, int order = 1, int agents = 2, int time = 60, int delay = 0, int repeats = 1) =>
        new { stepOrder = order, templateId = template, autonomousAgentCount = agents, executionTime = time, delayAfterCompletion = delay, repeatCount = repeats };

    public static object Group(long template, int agents = 2, int time = 60, int repeats = 1) =>
        new { templateId = template, autonomousAgentCount = agents, executionTime = time, repeatCount = repeats };

    public static object Sequential(string name, params object[] steps) => new
    {
        simulationName = name, simulationDescription = "morning shift", patternType = "sequential", mecId = "mec-01", pattern = new { steps },
    };

    public static object Parallel(string name, params object[] groups) => new
    {
        simulationName = name, simulationDescription = "morning shift", patternType = "parallel", mecId = "mec-01", pattern = new { groups },
    };

    public static async Task<long> CreateAsync(ApiClient client, object plan) =>
        (long)(await client.PostAsync("/api/simulation", plan)).Expect(HttpStatusCode.Created).Data["simulationId"]!;
}
