using System.Globalization;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker.Faults;

namespace SimulationManager.Benchmarks;

/// <summary>The long form of the model-based fault test: run after run with things breaking at random, each from its own seed.</summary>
internal static class FaultRuns
{
    private const int FaultsPerRun = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        var runs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20;
        var first = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Random.Shared.Next(1_000_000);
        await using var servers = new BackingServers();
        await servers.InitializeAsync();
        await using var system = await FaultySystem.StartAsync(servers, "faults", workers: 3);
        var broken = 0;
        for (var seed = first; seed < first + runs; seed++)
        {
            var plan = FaultPlan.Of(seed, FaultsPerRun);
            Console.Write($"{plan}: ");
            try
            {
                var wrong = await system.RunAsync(plan);
                Console.WriteLine(wrong.Count == 0 ? "ok" : $"BROKEN\n  {string.Join("\n  ", wrong)}");
                if (wrong.Count > 0) broken++;
            }
            catch (Exception exception) when (exception is TimeoutException or HttpRequestException)
            {
                Console.WriteLine($"BROKEN\n  {exception.Message}");
                broken++;
            }
        }
        Console.WriteLine($"{runs} runs from seed {first}, {broken} broken");
        return broken == 0 ? 0 : 1;
    }
}
