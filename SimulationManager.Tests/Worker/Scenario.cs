using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Worker;

/// <summary>Makes what the API makes before it calls the grain: a template's bundle in S3, a simulation, and an execution's rows.</summary>
internal sealed class Scenario(IServiceProvider services)
{
    private static int _names;

    public static string BagFolder(string bag) => Path.Combine(AppContext.BaseDirectory, "Data", "bags", bag);

    /// <summary>Uploads a bag's folder and returns its files as a plan names them.</summary>
    public async Task<PlannedFile[]> UploadAsync(string folder)
    {
        var store = services.GetRequiredService<BundleStore>();
        await store.EnsureBucketAsync(CancellationToken.None);
        var prefix = $"templates/{Guid.NewGuid():N}";
        var files = new List<PlannedFile>();
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            await using var content = File.OpenRead(path);
            var kind = name switch
            {
                "metadata.yaml" => TemplateFileKind.Metadata,
                Recording.IndexName => TemplateFileKind.Index,
                _ => TemplateFileKind.Bag,
            };
            var file = new PlannedFile(kind, name, $"{prefix}/{name}", content.Length);
            await store.PutAsync(file.ObjectKey, content, file.Size, "application/octet-stream", CancellationToken.None);
            files.Add(file);
        }
        return [.. files];
    }

    public static PlannedPart Part(
        long number, PlannedFile[] files, string[] topics, int agents, int repeats = 1, int seconds = 60, int delay = 0, PlaybackOptions? playback = null) => new()
        {
            Number = number,
            TemplateId = 1,
            TemplateName = "test",
            TemplateType = "test",
            AutonomousAgentCount = agents,
            RepeatCount = repeats,
            ExecutionTime = seconds,
            DelayAfterCompletion = delay,
            Playback = playback,
            Files = files,
            Topics = topics,
        };

    /// <summary>Writes the rows of a started execution and returns its id.</summary>
    public Task<long> CreateExecutionAsync(PatternType pattern, params PlannedPart[] parts) => CreateExecutionAsync(pattern, [], parts);

    /// <summary>The same of one that listens.</summary>
    public Task<long> CreateExecutionAsync(PatternType pattern, IReadOnlyList<ListenOptions> listen, params PlannedPart[] parts) => CreateExecutionAsync(pattern, listen, null, parts);

    /// <summary>The same of one that records its agents.</summary>
    public async Task<long> CreateExecutionAsync(PatternType pattern, IReadOnlyList<ListenOptions> listen, RecordOptions? record, params PlannedPart[] parts)
    {
        var now = DateTimeOffset.UtcNow;
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<RobotDbContext>();
        var simulation = new Simulation
        {
            Name = $"test {Interlocked.Increment(ref _names)} {Guid.NewGuid():N}"[..30],
            Description = "",
            PatternType = pattern,
            Status = SimulationStatus.Running,
            MecId = "",
            CreatedAt = now,
            UpdatedAt = now,
        };
        database.Add(simulation);
        await database.SaveChangesAsync();
        var execution = new Execution
        {
            SimulationId = simulation.Id,
            PatternType = pattern,
            Status = RunStatus.Running,
            Plan = new ExecutionPlan { PatternType = pattern, Parts = parts, Listen = listen, Record = record },
            Message = "Started.",
            CreatedAt = now,
            LastUpdated = now,
            StartedAt = now,
            Parts = [.. parts.Select(part => new ExecutionPart
            {
                Number = part.Number,
                Status = RunStatus.Pending,
                AutonomousAgents = part.AutonomousAgentCount,
                TotalRepeats = part.RepeatCount,
            })],
        };
        database.Add(execution);
        await database.SaveChangesAsync();
        simulation.LatestExecutionId = execution.Id;
        simulation.LatestExecutionStatus = RunStatus.Running;
        await database.SaveChangesAsync();
        return execution.Id;
    }

    /// <summary>Writes the rows of a manual instance that was never started, and of its template without files, and returns its id.</summary>
    public Task<long> CreateInstanceAsync() => QueryAsync(async database =>
    {
        var now = DateTimeOffset.UtcNow;
        var name = $"test {Interlocked.Increment(ref _names)} {Guid.NewGuid():N}"[..30];
        var instance = new Instance
        {
            Name = name,
            Description = "",
            SimulationId = 0,
            Simulation = new Simulation { Name = name, Description = "", PatternType = PatternType.Parallel, Status = SimulationStatus.Pending, MecId = "", CreatedAt = now, UpdatedAt = now },
            TemplateId = 0,
            Template = new Template { Name = name, Type = "", Description = "", Topics = [], Files = [], MessageCount = 0, DurationNanoseconds = 0, CreatedAt = now, UpdatedAt = now },
            CreatedAt = now,
        };
        database.Add(instance);
        await database.SaveChangesAsync();
        return instance.Id;
    });

    public Task<Execution> ReadAsync(long executionId) => QueryAsync(database => database.Executions.AsNoTracking()
        .Include(execution => execution.Parts).Include(execution => execution.Simulation).SingleAsync(execution => execution.Id == executionId));

    public Task<List<ExecutionInstance>> ReadInstancesAsync(long executionId) => QueryAsync(database => database.ExecutionInstances.AsNoTracking()
        .Where(instance => instance.ExecutionId == executionId).OrderBy(instance => instance.InstanceId).ToListAsync());

    public async Task<Execution> WaitForEndAsync(long executionId, TimeSpan within)
    {
        await Wait.UntilAsync(async () => (await ReadAsync(executionId)).Status.IsTerminal(), within, $"execution {executionId} to end");
        return await ReadAsync(executionId);
    }

    public async Task<T> QueryAsync<T>(Func<RobotDbContext, Task<T>> query)
    {
        await using var scope = services.CreateAsyncScope();
        return await query(scope.ServiceProvider.GetRequiredService<RobotDbContext>());
    }
}
