using System.Globalization;
using SimulationManager.Benchmarks.Dashboard;

int[] numbers = [300, 10_000];
for (var index = 0; index < args.Length; index++)
{
    if (index >= numbers.Length || !int.TryParse(args[index], CultureInfo.InvariantCulture, out numbers[index]) || numbers[index] <= 0)
    {
        Console.Error.WriteLine("Usage: dotnet run -c Release --project benchmarks/SimulationManager.Benchmarks.Dashboard -- [SECONDS=300] [PER_SECOND=10000]");
        Console.Error.WriteLine("  the development dashboard under that many spans and as many log records a second");
        return 2;
    }
}

await DashboardLoad.RunAsync(TimeSpan.FromSeconds(numbers[0]), numbers[1]);
return 0;
