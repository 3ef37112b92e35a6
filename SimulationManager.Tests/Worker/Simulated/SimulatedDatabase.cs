using SimulationManager.Core.Model;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Simulated;

/// <summary>The rows of one execution, and a database that is slow, away, or loses its answers.</summary>
internal sealed class SimulatedDatabase(SimulatedWorld world, Execution row, long poisonedPart)
{
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(3);

    /// <summary>Carries out what was sent to it, whatever has become of the sender.</summary>
    private readonly SimulatedProcess _process = new(world);

    private int _givenUp;

    public Execution Row { get; } = row;
    public Dictionary<long, ExecutionCohort> Cohorts { get; } = [];
    public List<ExecutionInstance> Instances { get; } = [];

    /// <summary>Every state that the execution and its parts (by number) have had, in order.</summary>
    public List<RunStatus> States { get; } = [row.Status];

    public Dictionary<long, List<RunStatus>> PartStates { get; } = row.Parts.ToDictionary(part => part.Number, part => new List<RunStatus> { part.Status });

    /// <summary>Differs when anything was carried out at another time or in another order.</summary>
    public ulong Trace { get; private set; }

    /// <summary>How many times agents were handed over.</summary>
    public int HandOvers { get; private set; }

    public bool IsAway { get; set; }
    public bool LosesAnswers { get; set; }
    public bool IsSlow { get; set; }

    /// <summary>The database as one process reaches it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="isCut">Whether it cannot be reached from there now.</param>
    public Connection For(SimulatedProcess process, Func<bool> isCut) => new(this, process, isCut);

    private Task<T> TransactAsync<T>(SimulatedProcess process, Func<bool> isCut, Func<T> work)
    {
        var done = new TaskCompletionSource<T>();
        void Fail() => done.TrySetException(new TimeoutException("The database did not answer."));
        if (IsAway || isCut()) world.After(IsAway ? world.Between(1, 200) : GivesUpAfter, process, Fail);
        else if (world.Chance(0.002))
        {
            world.After(GivesUpAfter, process, Fail);
            // Carried out after all, when the sender has given it up.
            if (world.Chance(0.5)) world.After(GivesUpAfter + world.Between(0, 3000), _process, () =>
            {
                try
                {
                    work();
                }
                catch (InvalidOperationException)
                {
                    // Refused, and nobody waits for the answer.
                }
            });
        }
        else world.After(Latency(), _process, () =>
        {
            T result;
            try
            {
                Trace = (Trace * 31) ^ (ulong)world.Now;
                result = work();
            }
            catch (Exception exception)
            {
                world.After(Latency(), process, () => done.TrySetException(exception));
                return;
            }
            if (IsAway || isCut() || (LosesAnswers && world.Chance(0.3))) world.After(GivesUpAfter, process, Fail);
            else world.After(Latency(), process, () => done.TrySetResult(result));
        });
        return done.Task;
    }

    private TimeSpan Latency() => IsSlow ? world.Between(5, 2000) : world.Chance(0.02) ? world.Between(5, 300) : world.Between(0.3, 3);

    private RunState State() => RunRows.StateOf(Row, Cohorts.Values.Select(cohort => (cohort.PartNumber, new CohortState(cohort.CohortId, cohort.Silo, cohort.Agents, cohort.SourceId))));

    private RunSaved? Save(Guid coordinator, RunState before, RunSave save)
    {
        if (Row.StateVersion == save.Next.Version && Row.Coordinator == coordinator) return new RunSaved(State(), []);
        if (Row.StateVersion != before.Version) return null;
        // Also giving up may fail at first.
        if (save.Assignment?.Number == poisonedPart || (save.Reason is not null && _givenUp++ == 0 && world.Chance(0.5))) throw new InvalidOperationException("poisoned");
        ExecutionCohort[] taken = [.. RunRows.CohortsOf(before, save).Select(id => Cohorts[id])];
        Row.Coordinator = coordinator;
        world.Log($"saved version {Row.StateVersion + 1}: {save.Next.Status}, {string.Join(", ", save.Next.Parts.Select(part => $"{part.Number} {part.Status}"))}; {save.Next.Desired}; assigns {save.Assignment?.Number} in place of [{string.Join(", ", save.Assignment?.Replaced ?? [])}], moves {string.Join(", ", save.Rebalancing?.Moves ?? [])}, removes {save.Removal?.Agents ?? 0}, ends {string.Join(", ", save.Endings.Select(ending => ending.Number))}");
        var (cohorts, instances) = RunRows.Write(Row, save, taken);
        if (save.Removal is null) foreach (var cohort in taken) Cohorts.Remove(cohort.CohortId);
        foreach (var cohort in cohorts) Cohorts.Add(cohort.CohortId, cohort);
        Instances.AddRange(instances);
        if (States[^1] != Row.Status) States.Add(Row.Status);
        foreach (var part in Row.Parts.Where(part => PartStates[part.Number][^1] != part.Status)) PartStates[part.Number].Add(part.Status);
        return new RunSaved(State(), instances);
    }

    internal sealed class Connection(SimulatedDatabase database, SimulatedProcess process, Func<bool> isCut) : IRunStore, ICohortStore
    {
        public Task<RunState?> LoadAsync(long id, CancellationToken cancellationToken) => TransactAsync<RunState?>(database.State);

        public Task<RunSaved?> SaveAsync(Guid coordinator, RunState before, RunSave save, CancellationToken cancellationToken) =>
            TransactAsync(() => database.Save(coordinator, before, save));

        public Task<bool> IsCurrentAsync(RunState state, CancellationToken cancellationToken) => TransactAsync(() => database.Row.StateVersion == state.Version);

        public Task<CohortAssignment?> LoadAsync(CohortKey key, CancellationToken cancellationToken) => TransactAsync(() =>
            database.Cohorts.TryGetValue(key.CohortId, out var cohort)
                ? new CohortAssignment(database.Row.Plan.Parts.Single(part => part.Number == cohort.PartNumber), CohortCheckpoint.FromBytes(cohort.Checkpoint), cohort.SourceId is not null) { FirstAgent = database.Row.Plan.FirstAgentOf(cohort.PartNumber) }
                : null);

        public Task<bool> SaveAsync(CohortKey key, CohortCheckpoint checkpoint, CancellationToken cancellationToken)
        {
            var (bytes, now) = (checkpoint.ToBytes(), process.Time.GetUtcNow());
            return TransactAsync(() =>
            {
                if (!database.Cohorts.TryGetValue(key.CohortId, out var cohort) || cohort.Agents != checkpoint.Agents.Count) return false;
                (cohort.Checkpoint, cohort.UpdatedAt) = (bytes, now);
                return true;
            });
        }

        public Task<bool> HandOverAsync(CohortKey key, CohortCheckpoint kept, long to, CohortCheckpoint given, CancellationToken cancellationToken)
        {
            var (keptBytes, givenBytes, now) = (kept.ToBytes(), given.ToBytes(), process.Time.GetUtcNow());
            return TransactAsync(() =>
            {
                if (!database.Cohorts.TryGetValue(key.CohortId, out var source)) return false;
                if (source.Agents != kept.Agents.Count + given.Agents.Count) return source.Agents == kept.Agents.Count;
                if (!database.Cohorts.TryGetValue(to, out var target) || target.SourceId != key.CohortId) return false;
                (source.Checkpoint, source.Agents, source.UpdatedAt) = (keptBytes, kept.Agents.Count, now);
                (target.Checkpoint, target.Agents, target.SourceId, target.UpdatedAt) = (givenBytes, given.Agents.Count, null, now);
                database.HandOvers++;
                return true;
            });
        }

        private Task<T> TransactAsync<T>(Func<T> work) => database.TransactAsync(process, isCut, work);
    }
}
