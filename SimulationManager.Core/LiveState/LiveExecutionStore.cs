using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>
/// Live executions in Redis. A simulation's status is one GET however many agents it has. Losing it costs nothing that
/// PostgreSQL does not have: readers fall back to the execution's row.
/// </summary>
public sealed class LiveExecutionStore(IConnectionMultiplexer redis)
{
    /// <summary>How long a state stays readable here after its last write; history is in PostgreSQL.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Writes a state under its execution and as its simulation's latest, in one round trip.</summary>
    public Task WriteAsync(LiveExecution state)
    {
        RedisValue json = JsonSerializer.SerializeToUtf8Bytes(state, LiveStateJson.Default.LiveExecution);
        var batch = redis.GetDatabase().CreateBatch();
        var writes = Task.WhenAll(
            batch.StringSetAsync(ExecutionKey(state.ExecutionId), json, Lifetime),
            batch.StringSetAsync(SimulationKey(state.SimulationId), json, Lifetime));
        batch.Execute();
        return writes;
    }

    /// <summary>The state of an execution, or null when Redis has none.</summary>
    public Task<LiveExecution?> ReadAsync(long executionId) => ReadKeyAsync(ExecutionKey(executionId));

    /// <summary>The state of a simulation's latest execution, or null when Redis has none.</summary>
    public Task<LiveExecution?> ReadLatestAsync(long simulationId) => ReadKeyAsync(SimulationKey(simulationId));

    /// <summary>Forgets a simulation's latest execution, after the simulation was deleted.</summary>
    public Task RemoveLatestAsync(long simulationId) => redis.GetDatabase().KeyDeleteAsync(SimulationKey(simulationId));

    private async Task<LiveExecution?> ReadKeyAsync(RedisKey key)
    {
        var json = await redis.GetDatabase().StringGetAsync(key);
        return json.IsNull ? null : JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)json).Span, LiveStateJson.Default.LiveExecution);
    }

    private static RedisKey ExecutionKey(long executionId) => $"live:execution:{executionId}";

    private static RedisKey SimulationKey(long simulationId) => $"live:simulation:{simulationId}";
}

/// <summary>Compile-time serialisers: a status read or write uses no reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LiveExecution))]
internal sealed partial class LiveStateJson : JsonSerializerContext;
