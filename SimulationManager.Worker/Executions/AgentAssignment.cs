namespace SimulationManager.Worker.Executions;

/// <summary>Which silo plays which agents.</summary>
public static class AgentAssignment
{
    /// <summary>Fewer agents than this are not worth opening the bag on one more silo.</summary>
    private const int AgentsPerSiloAtLeast = 25;

    /// <summary>What an agent counts for beside its messages.</summary>
    private const double WeightOfAgent = 20;

    /// <summary>A silo that cannot keep up counts as if it had this much more to do.</summary>
    private const double WeightOfOverload = 1.5;

    /// <summary>Less than this share above or below the mean is left as it is.</summary>
    private const double UnevenFrom = 0.1;

    /// <summary>
    /// Spreads agents so that all silos have about the same to do afterwards, on no more silos than pays. Silos that have the
    /// bundle open come first among equals.
    /// </summary>
    /// <returns>Per silo that gets any, its agents, in the order of <paramref name="agents"/>.</returns>
    public static IReadOnlyList<(SiloAddress Silo, IReadOnlyList<T> Agents)> Spread<T>(
        IReadOnlyList<T> agents, IReadOnlyList<(SiloAddress Silo, SiloLoad Load)> silos)
    {
        var worthIt = Math.Clamp(agents.Count / AgentsPerSiloAtLeast, 1, silos.Count);
        var chosen = silos
            .OrderBy(silo => WeightOf(silo.Load))
            .ThenByDescending(silo => silo.Load.HasBundle)
            .ThenBy(silo => silo.Silo)
            .Take(worthIt)
            .ToArray();
        var perAgent = WeightPerAgent(chosen);
        var counts = new int[chosen.Length];
        var queue = new PriorityQueue<int, (double Weight, int Index)>();
        for (var i = 0; i < chosen.Length; i++) queue.Enqueue(i, (WeightOf(chosen[i].Load), i));
        for (var left = agents.Count; left > 0; left--)
        {
            queue.TryDequeue(out var index, out var priority);
            counts[index]++;
            queue.Enqueue(index, (priority.Weight + perAgent, index));
        }
        return Cut(agents, [.. chosen.Select(silo => silo.Silo)], counts);
    }

    /// <summary>Which agents of a part are to move so that all silos have about the same to do.</summary>
    /// <param name="cohorts">The part's cohorts.</param>
    /// <param name="silos">All silos that take agents, with everything that they have to do.</param>
    /// <returns>At most one move of each cohort, which keeps at least one agent.</returns>
    public static IReadOnlyList<CohortMove> Rebalance(IEnumerable<CohortState> cohorts, IReadOnlyList<(SiloAddress Silo, SiloLoad Load)> silos)
    {
        var perAgent = WeightPerAgent([.. silos]);
        var weights = silos.ToDictionary(silo => silo.Silo.ToParsableString(), silo => WeightOf(silo.Load) * (silo.Load.Overloaded ? WeightOfOverload : 1));
        var mean = weights.Values.DefaultIfEmpty().Average();
        List<CohortMove> moves = [];
        foreach (var cohort in cohorts.Where(cohort => weights.ContainsKey(cohort.Silo)).OrderByDescending(cohort => weights[cohort.Silo]).ThenBy(cohort => cohort.Id))
        {
            var (target, load) = weights.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First();
            var surplus = Math.Min(weights[cohort.Silo] - mean, mean - load);
            var agents = (int)Math.Min(cohort.Agents - 1, Math.Round(surplus / perAgent));
            if (surplus < mean * UnevenFrom || agents < 1) continue;
            moves.Add(new CohortMove(cohort.Id, SiloAddress.FromParsableString(target), agents));
            weights[cohort.Silo] -= agents * perAgent;
            weights[target] += agents * perAgent;
        }
        return moves;
    }

    private static double WeightOf(SiloLoad load) => load.MessageRate + (load.Agents * WeightOfAgent);

    /// <summary>The new agents are taken to be like those that play already.</summary>
    private static double WeightPerAgent((SiloAddress Silo, SiloLoad Load)[] silos)
    {
        var agents = silos.Sum(silo => silo.Load.Agents);
        return agents == 0 ? WeightOfAgent : silos.Sum(silo => WeightOf(silo.Load)) / agents;
    }

    private static List<(SiloAddress, IReadOnlyList<T>)> Cut<T>(IReadOnlyList<T> agents, SiloAddress[] silos, int[] counts)
    {
        var parts = new List<(SiloAddress, IReadOnlyList<T>)>();
        var start = 0;
        for (var i = 0; i < silos.Length; i++)
        {
            if (counts[i] == 0) continue;
            parts.Add((silos[i], [.. agents.Skip(start).Take(counts[i])]));
            start += counts[i];
        }
        return parts;
    }
}
