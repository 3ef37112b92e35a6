using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>
/// Live executions in Redis. A simulation's status is one HGET however many agents it has. Losing it costs nothing that
/// PostgreSQL does not have: readers fall back to the execution's row.
/// </summary>
public sealed class LiveExecutionStore(IConnectionMultiplexer redis)
{
    /// <summary>How long a state stays readable here after its last write; history is in PostgreSQL.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string State = "state";

    /// <summary>
    /// Takes a state only when it leads on from what has been shown: no progress is less, and an ended run stays ended. A run of
    /// the same number with another time of creation is another database's, left in a Redis that outlived it; PostgreSQL keeps
    /// microseconds of that time. A simulation's latest run is the one that was created last.
    /// </summary>
    private const string Write =
        """
        local created, ended, progress, state, lifetime = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]
        local shown = redis.call('HMGET', KEYS[1], 'created', 'ended', 'progress', 'state')
        if shown[1] and math.abs(tonumber(shown[1]) - created) <= 1 then
          if shown[2] > ended then return shown[4] end
          if shown[2] == ended and ended == '0' then
            local values = string.gmatch(progress, '%S+')
            for value in string.gmatch(shown[3], '%S+') do
              if tonumber(value) > tonumber(values() or value) then return shown[4] end
            end
          end
        end
        redis.call('HSET', KEYS[1], 'created', ARGV[1], 'ended', ended, 'progress', progress, 'state', state)
        redis.call('PEXPIRE', KEYS[1], lifetime)
        local latest = redis.call('HGET', KEYS[2], 'created')
        if not latest or tonumber(latest) <= created + 1 then
          redis.call('HSET', KEYS[2], 'created', ARGV[1], 'state', state)
          redis.call('PEXPIRE', KEYS[2], lifetime)
        end
        return false
        """;

    /// <summary>Writes a state under its execution and as its simulation's latest, in one round trip.</summary>
    /// <returns>Null when it is shown from now on; else what stays shown, because it is further along.</returns>
    public async Task<LiveExecution?> WriteAsync(LiveExecution state) => Parse((RedisValue)await redis.GetDatabase().ScriptEvaluateAsync(
        Write,
        [ExecutionKey(state.ExecutionId), SimulationKey(state.SimulationId)],
        [
            state.CreatedAt.ToUnixTimeMilliseconds(),
            state.Status.IsTerminal(),
            string.Join(' ', state.Parts.Select(part => part.Progress).Prepend(state.OverallProgress).Select(progress => progress.ToString(CultureInfo.InvariantCulture))),
            JsonSerializer.SerializeToUtf8Bytes(state, LiveStateJson.Default.LiveExecution),
            (long)Lifetime.TotalMilliseconds,
        ]));

    /// <summary>The state of an execution, or null when Redis has none.</summary>
    public Task<LiveExecution?> ReadAsync(long executionId) => ReadKeyAsync(ExecutionKey(executionId));

    /// <summary>The state of a simulation's latest execution, or null when Redis has none.</summary>
    public Task<LiveExecution?> ReadLatestAsync(long simulationId) => ReadKeyAsync(SimulationKey(simulationId));

    /// <summary>Forgets a simulation's latest execution, after the simulation was deleted.</summary>
    public Task RemoveLatestAsync(long simulationId) => redis.GetDatabase().KeyDeleteAsync(SimulationKey(simulationId));

    private async Task<LiveExecution?> ReadKeyAsync(RedisKey key) => Parse(await redis.GetDatabase().HashGetAsync(key, State));

    private static LiveExecution? Parse(RedisValue state) =>
        state.IsNull ? null : JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)state).Span, LiveStateJson.Default.LiveExecution);

    private static RedisKey ExecutionKey(long executionId) => $"live:run:{executionId}";

    private static RedisKey SimulationKey(long simulationId) => $"live:latest-run:{simulationId}";
}

/// <summary>Compile-time serialisers: a status read or write uses no reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LiveExecution))]
internal sealed partial class LiveStateJson : JsonSerializerContext;
