using System.Globalization;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Simulated;

internal enum SimulatedFault
{
    KillSilo,
    DrainSilo,
    PauseSilo,
    IsolateSilo,
    JoinSilo,
    DatabaseAway,
    DatabaseSlow,
    DatabaseLosesAnswers,
    NetworkLossy,
    Overload,
}

/// <summary>What happens in one simulated run; all of it follows from the seed.</summary>
internal sealed record SimulatedPlan
{
    /// <summary>In this time from its start a run is disturbed; afterwards everything works, and it has to end.</summary>
    private const double DisturbedMilliseconds = 20_000;

    public required int Seed { get; init; }
    public required ExecutionPlan Plan { get; init; }

    /// <summary>Messages of a pass, and how long it takes, by the part's number.</summary>
    public required IReadOnlyDictionary<long, (int Messages, TimeSpan Duration)> Bags { get; init; }

    /// <summary>The part whose bundle cannot be played; 0: none.</summary>
    public required long BadPart { get; init; }

    /// <summary>True if the agents of the bad part begin before that is found out.</summary>
    public bool IsBadLater { get; private init; }

    /// <summary>The part whose agents cannot be assigned for a reason that does not pass; 0: none.</summary>
    public long PoisonedPart { get; init; }

    public required int Silos { get; init; }
    public required IReadOnlyList<(TimeSpan At, SimulatedFault Fault, TimeSpan For)> Faults { get; init; }
    public required IReadOnlyList<(TimeSpan At, RunCommand Command)> Commands { get; init; }

    public required RebalancePolicy Rebalance { get; init; }

    public bool Seeks => Commands.Any(command => command.Command is RunCommand.Seek);
    /// <summary>Whether a silo may not know for a while that another one has taken its place.</summary>
    public bool CutsSilosOff => Faults.Any(fault => fault.Fault is SimulatedFault.PauseSilo or SimulatedFault.IsolateSilo);

    public bool Stops => Commands.Any(command => command.Command is RunCommand.Stop);

    /// <summary>Invents a run.</summary>
    /// <param name="seed">What it follows from.</param>
    /// <param name="withSteps">Whether there may be delays and messages that are released while agents are paused; seeds that were found before these were there mean runs without.</param>
    public static SimulatedPlan Of(int seed, bool withSteps = true) => withSteps ? WithInjectedFaults(WithAgents(WithFleet(Invent(seed, withSteps)))) : Invent(seed, withSteps);

    private static SimulatedPlan Invent(int seed, bool withSteps)
    {
        // Not the generator of the run itself: what the code under test draws must not change the plan.
        var random = new Random(seed);
        TimeSpan Time(double from, double to) => TimeSpan.FromMilliseconds(Math.Floor(from + (random.NextDouble() * (to - from))));
        var sequential = random.Next(2) == 0;
        var bags = new Dictionary<long, (int, TimeSpan)>();
        PlannedPart[] parts = [.. Enumerable.Range(1, random.Next(1, 4)).Select(number =>
        {
            bags[number] = random.Next(20) == 0 ? (0, TimeSpan.Zero) : (random.Next(1, 12), Time(0, 3000));
            var limited = random.Next(6) == 0;
            return Part(number, random.Next(1, 7), random.Next(1, 4), limited ? random.Next(1, 6) : 300, random.Next(0, 3), Math.Pow(2, random.Next(-1, 3)), limited && random.Next(2) == 0);
        })];
        var plan = new SimulatedPlan
        {
            Seed = seed,
            Plan = new ExecutionPlan { PatternType = sequential ? PatternType.Sequential : PatternType.Parallel, Parts = parts },
            Bags = bags,
            BadPart = random.Next(25) == 0 ? random.Next(1, parts.Length + 1) : 0,
            Silos = random.Next(1, 5),
            Faults = [.. Enumerable.Range(0, random.Next(0, 5)).Select(_ => (Time(0, DisturbedMilliseconds), (SimulatedFault)random.Next((int)SimulatedFault.Overload), Time(200, 12_000))).OrderBy(fault => fault.Item1)],
            Commands = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => (Time(0, DisturbedMilliseconds), Command(random, Time))).OrderBy(command => command.Item1)],
            Rebalance = RebalancePolicy.OnRequest,
        };
        if (random.Next(50) == 0) plan = plan with { PoisonedPart = random.Next(1, parts.Length + 1) };
        // Drawn last, so that the seeds of runs that were found before stay what they are.
        if (random.Next(2) != 0) plan = plan with
        {
            Rebalance = (RebalancePolicy)random.Next(3),
            Faults = [.. plan.Faults.Concat(Enumerable.Range(0, random.Next(0, 3)).Select(_ => (Time(0, DisturbedMilliseconds), random.Next(2) == 0 ? SimulatedFault.Overload : SimulatedFault.JoinSilo, Time(200, 12_000)))).OrderBy(fault => fault.Item1)],
            Commands = [.. plan.Commands.Concat(Enumerable.Range(0, random.Next(0, 4)).Select(_ => (Time(0, DisturbedMilliseconds), (RunCommand)new RunCommand.Rebalance()))).OrderBy(command => command.Item1)],
        };
        if (!withSteps) return plan;
        plan = plan with { IsBadLater = seed % 2 == 0 };
        if (random.Next(2) == 0) return plan;
        return plan with
        {
            Plan = plan.Plan with { Parts = [.. plan.Plan.Parts.Select(part => part with { Playback = part.Playback! with { Delay = random.Next(3) == 0 ? random.NextDouble() * 2 : 0 } })] },
            Commands = [.. plan.Commands.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(_ => (Time(0, DisturbedMilliseconds), (RunCommand)new RunCommand.Release(random.Next(1, 6))))).OrderBy(command => command.Item1)],
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Plan.PatternType}, {string.Join(" + ", Plan.Parts.Select(part => $"{part.AutonomousAgentCount}x{part.RepeatCount}@{part.Playback!.Rate} of {Bags[part.Number].Messages} in {Bags[part.Number].Duration.TotalSeconds:0.0} s within {part.ExecutionTime} s"))}, {(PoisonedPart > 0 ? $"part {PoisonedPart} poisoned, " : "")}{Silos} silos, rebalanced {Rebalance}; {string.Join(", ", Faults.Select(fault => $"{fault.At.TotalSeconds:0.000} {fault.Fault} {fault.For.TotalSeconds:0.0} s"))}; {string.Join(", ", Commands.Select(command => $"{command.At.TotalSeconds:0.000} {command.Command}"))}");

    /// <summary>Lets the agents of every third run differ.</summary>
    private static SimulatedPlan WithFleet(SimulatedPlan plan)
    {
        // A generator of its own, so that the seeds of runs that were found before stay what they are.
        var random = new Random(plan.Seed ^ 0x666C);
        if (random.Next(3) != 0) return plan;
        return plan with
        {
            Plan = plan.Plan with
            {
                Parts =
                [
                    .. plan.Plan.Parts.Select(part => part with
                    {
                        Fleet = new FleetOptions
                        {
                            Seed = random.Next(),
                            Ramp = random.Next(2) == 0 ? new RampOptions(random.NextDouble() * 2, null) : null,
                            Stagger = random.Next(2) == 0 ? new StaggerOptions(null) : null,
                            Jitter = random.Next(2) == 0 ? random.Next(1, 500) : 0,
                            Faults =
                            [
                                new FaultOptions { Kind = FaultKind.Drop, Rate = 0.3, Share = 0.5 },
                                new FaultOptions { Kind = FaultKind.Delay, Rate = 0.3, Delay = 0.5 },
                                new FaultOptions { Kind = FaultKind.Freeze, At = 1, For = 0.5, Every = 2 },
                            ],
                        },
                    }),
                ],
            },
        };
    }

    /// <summary>Adds agents to the parts of every third run, and removes some.</summary>
    private static SimulatedPlan WithAgents(SimulatedPlan plan)
    {
        // As above.
        var random = new Random(plan.Seed ^ 0x6167);
        if (random.Next(3) != 0) return plan;
        RunCommand Change()
        {
            var id = new byte[16];
            random.NextBytes(id);
            return new RunCommand.ChangeAgents(new Guid(id), random.Next(2) == 0 ? null : random.Next(1, plan.Plan.Parts.Count + 1), random.Next(2) == 0 ? random.Next(1, 5) : -random.Next(1, 5));
        }
        // Most runs are short, and what is asked while a part is made ready, or agents are paused, is more than in the others.
        TimeSpan Time() => TimeSpan.FromMilliseconds(random.Next(random.Next(2) == 0 ? 5000 : (int)DisturbedMilliseconds));
        List<(TimeSpan, RunCommand)> commands = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => (Time(), Change()))];
        if (random.Next(3) == 0)
        {
            var at = Time();
            commands.AddRange([(at, new RunCommand.Pause()), (at, new RunCommand.Release(random.Next(1, 4))), (at, Change()), (at + TimeSpan.FromSeconds(random.Next(1, 8)), new RunCommand.Resume())]);
        }
        return plan with { Commands = [.. plan.Commands.Concat(commands).OrderBy(command => command.Item1)] };
    }

    /// <summary>Injects faults into the parts of every third run, and takes them away.</summary>
    private static SimulatedPlan WithInjectedFaults(SimulatedPlan plan)
    {
        // As above.
        var random = new Random(plan.Seed ^ 0x696E);
        if (random.Next(3) != 0) return plan;
        FaultOptions[] faults =
        [
            new() { Kind = FaultKind.Drop, Rate = 1 },
            new() { Kind = FaultKind.Drop, Rate = 0.5, Share = 0.5 },
            new() { Kind = FaultKind.Freeze, At = random.NextDouble(), For = 0.3 + random.NextDouble(), Every = random.Next(2) == 0 ? 2 : null },
        ];
        PartFaults Faults() => new(
            random.Next(2) == 0 ? null : random.Next(1, plan.Plan.Parts.Count + 1),
            random.Next(3) switch { 0 => [], 1 => [faults[random.Next(faults.Length)]], _ => [.. faults.Where(_ => random.Next(2) == 0)] });
        TimeSpan Time() => TimeSpan.FromMilliseconds(random.Next(random.Next(2) == 0 ? 5000 : (int)DisturbedMilliseconds));
        var commands = Enumerable.Range(0, random.Next(1, 5)).Select(_ => (Time(), (RunCommand)new RunCommand.InjectFaults([Faults()])));
        return plan with { Commands = [.. plan.Commands.Concat(commands).OrderBy(command => command.Item1)] };
    }

    private static RunCommand Command(Random random, Func<double, double, TimeSpan> time) => random.Next(11) switch
    {
        < 3 => new RunCommand.Pause(),
        < 6 => new RunCommand.Resume(),
        < 8 => new RunCommand.SetRate(Math.Pow(2, random.Next(-2, 4))),
        < 10 => new RunCommand.Seek(time(0, 3500)),
        _ => new RunCommand.Stop(),
    };

    private static PlannedPart Part(long number, int agents, int repeats, int limit, int delay, double rate, bool loop) => new()
    {
        Number = number,
        TemplateId = number,
        TemplateName = "robot",
        TemplateType = "robot",
        AutonomousAgentCount = agents,
        RepeatCount = repeats,
        ExecutionTime = limit,
        DelayAfterCompletion = delay,
        Playback = new PlaybackOptions { Rate = rate, Loop = loop },
        Files = [],
        Topics = ["/a"],
    };
}
