using System.Globalization;
using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Worker.Faults;

/// <summary>Something that breaks in the middle of a run.</summary>
internal enum Fault
{
    KillSilo,
    DrainSilo,
    RestartRedis,
    RestartPostgres,
    RestartStorage,
    RestartApi,
}

/// <summary>One part of a run under faults.</summary>
internal sealed record FaultyPart(int Agents, int Repeats, double Rate, int Delay);

/// <summary>A playback command of a client: <c>pause</c>, <c>resume</c>, <c>rebalance</c> or <c>rate</c>, with the rate.</summary>
internal sealed record FaultyCommand(string Name, double? Rate);

/// <summary>What happens in one run; all of it follows from the seed.</summary>
internal sealed record FaultPlan(int Seed, PatternType Pattern, IReadOnlyList<FaultyPart> Parts, IReadOnlyList<(TimeSpan After, Fault Fault)> Faults, TimeSpan? StopAfter)
{
    /// <summary>What a client asks for meanwhile, one after another. A position would change how many messages there are.</summary>
    public required IReadOnlyList<(TimeSpan After, FaultyCommand Command)> Commands { get; init; }

    /// <summary>Invents a run.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="faults">How many things break.</param>
    public static FaultPlan Of(int seed, int faults)
    {
        var random = new Random(seed);
        var pattern = random.Next(2) == 0 ? PatternType.Sequential : PatternType.Parallel;
        // A pass takes 7.65 s at recorded speed.
        FaultyPart[] parts = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new FaultyPart(random.Next(1, 70), random.Next(1, 4), random.Next(2, 6), random.Next(0, 2)))];
        (TimeSpan, Fault)[] broken = [.. Enumerable.Range(0, faults).Select(_ => (TimeSpan.FromMilliseconds(random.Next(0, 2500)), (Fault)random.Next(Enum.GetValues<Fault>().Length)))];
        TimeSpan? stop = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(random.Next(0, 4000)) : null;
        return new FaultPlan(seed, pattern, parts, broken, stop)
        {
            Commands = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => (TimeSpan.FromMilliseconds(random.Next(0, 1500)), CommandOf(random)))],
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Pattern}, {string.Join(" + ", Parts.Select(part => $"{part.Agents}x{part.Repeats}@{part.Rate}"))}; {string.Join(", ", Faults.Select(fault => $"{fault.Fault} after {fault.After.TotalSeconds:0.0} s"))}{(StopAfter is { } stop ? $"; stop after {stop.TotalSeconds:0.0} s" : "")}{string.Concat(Commands.Select(command => $"; {command.Command.Name} {command.Command.Rate} after {command.After.TotalSeconds:0.0} s"))}");

    private static FaultyCommand CommandOf(Random random) => random.Next(4) switch
    {
        0 => new FaultyCommand("pause", null),
        1 => new FaultyCommand("resume", null),
        2 => new FaultyCommand("rebalance", null),
        _ => new FaultyCommand("rate", random.Next(2, 11)),
    };
}
