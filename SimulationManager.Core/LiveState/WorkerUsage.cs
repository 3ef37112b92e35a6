using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace SimulationManager.Core.LiveState;

/// <summary>How busy one worker process is.</summary>
public sealed record WorkerUsage
{
    /// <summary>Percent of the processors that it may use, 0–100, since its last report.</summary>
    public required double CpuPercent { get; init; }

    /// <summary>Percent of the memory that it may use, 0–100.</summary>
    public required double MemoryPercent { get; init; }

    /// <summary>Percent of the disk that holds its bundles, 0–100.</summary>
    public required double DiskPercent { get; init; }

    /// <summary>Agents that it plays now.</summary>
    public required int PlayingAgents { get; init; }

    /// <summary>Reports that it has made: a rate needs two.</summary>
    public required long Samples { get; init; }

    /// <summary>Why it cannot tell how busy it is; null when it can.</summary>
    public string? Error { get; init; }
}

/// <summary>What the workers report of themselves, in Redis; a worker that says nothing more is forgotten.</summary>
public sealed class WorkerUsageStore(IConnectionMultiplexer redis)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private static readonly RedisKey Names = "usage:workers";

    /// <summary>Notes how busy a worker is.</summary>
    /// <param name="worker">Names the process, for example its silo's address.</param>
    /// <param name="usage">How busy it is.</param>
    public Task WriteAsync(string worker, WorkerUsage usage)
    {
        var batch = redis.GetDatabase().CreateBatch();
        var writes = Task.WhenAll(
            batch.StringSetAsync(KeyOf(worker), JsonSerializer.SerializeToUtf8Bytes(usage, WorkerUsageJson.Default.WorkerUsage), Lifetime),
            batch.SetAddAsync(Names, worker));
        batch.Execute();
        return writes;
    }

    /// <summary>How busy the workers are that have reported within half a minute.</summary>
    public async Task<IReadOnlyList<WorkerUsage>> ReadAsync()
    {
        var database = redis.GetDatabase();
        var names = await database.SetMembersAsync(Names);
        var values = await database.StringGetAsync([.. names.Select(name => KeyOf(name!))]);
        List<WorkerUsage> usages = [];
        for (var index = 0; index < names.Length; index++)
        {
            if (values[index].IsNull) await database.SetRemoveAsync(Names, names[index]);
            else usages.Add(JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)values[index]).Span, WorkerUsageJson.Default.WorkerUsage)!);
        }

        return usages;
    }

    private static RedisKey KeyOf(string worker) => $"usage:worker:{worker}";
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(WorkerUsage))]
internal sealed partial class WorkerUsageJson : JsonSerializerContext;
