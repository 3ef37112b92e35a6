using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>
/// Agents of running executions in Redis, in blocks of consecutive numbers: a silo writes all its agents of an execution in one round
/// trip, and a reader of a page reads the one or two blocks that hold it. Losing it costs nothing that does not come again.
/// </summary>
public sealed class LiveAgentStore(IConnectionMultiplexer redis)
{
    private const int BlockSize = 500;

    /// <summary>How long after its last write a block is readable.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Writes what one silo plays of an execution.</summary>
    public Task WriteAsync(long executionId, IReadOnlyList<LiveCohort> cohorts)
    {
        var batch = redis.GetDatabase().CreateBatch();
        List<Task> writes = [];
        foreach (var cohort in cohorts)
        {
            foreach (var block in cohort.Agents.GroupBy(agent => BlockOf(agent.InstanceId)))
            {
                var key = KeyOf(executionId, block.Key);
                writes.Add(batch.HashSetAsync(key, cohort.CohortId, LiveAgentBytes.Write(cohort, [.. block])));
                writes.Add(batch.KeyExpireAsync(key, Lifetime));
            }
        }
        batch.Execute();
        return Task.WhenAll(writes);
    }

    /// <summary>What is known of the agents from one number to another, both included, each with the cohort that plays it.</summary>
    public async Task<IReadOnlyDictionary<long, (LiveAgent Agent, LiveCohort Cohort)>> ReadAsync(long executionId, long first, long last)
    {
        var known = new Dictionary<long, (LiveAgent, LiveCohort)>();
        if (last < first) return known;
        var batch = redis.GetDatabase().CreateBatch();
        List<Task<HashEntry[]>> reads = [];
        for (var block = BlockOf(first); block <= BlockOf(last); block++) reads.Add(batch.HashGetAllAsync(KeyOf(executionId, block)));
        batch.Execute();
        foreach (var fields in await Task.WhenAll(reads))
        {
            foreach (var field in fields.OrderBy(field => (long)field.Name))
            {
                if (LiveAgentBytes.Read((long)field.Name, ((ReadOnlyMemory<byte>)field.Value).Span) is not { } cohort) continue;
                foreach (var agent in cohort.Agents)
                {
                    if (agent.InstanceId >= first && agent.InstanceId <= last) known[agent.InstanceId] = (agent, cohort);
                }
            }
        }
        return known;
    }

    private static long BlockOf(long instanceId) => (instanceId - 1) / BlockSize;

    private static RedisKey KeyOf(long executionId, long block) => $"live:agents:{executionId}:{block}";
}
