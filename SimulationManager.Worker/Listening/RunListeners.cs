using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Listening;

/// <summary>What this silo's runs record. When the silo shuts down, what was recorded is stored first.</summary>
public sealed partial class RunListeners(
    RecordingStore store, IOptions<ListeningOptions> options, IOptions<SinkOptions> sinks, ILocalSiloDetails silo, TimeProvider time, ILogger<RunListeners> logger) : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<RunListener, byte> _open = [];
    private readonly Lazy<ScratchFolder> _folder = new(() => ScratchFolder.Create(options.Value.Folder, "recordings"));
    private readonly RecordingQuota _scratch = new(options.Value.ScratchBytes);
    private readonly CancellationTokenSource _givingUp = new();
    private bool _isDisposed;

    /// <summary>Begins to listen as a run's plan says; null: it says nothing.</summary>
    /// <param name="executionId">The run.</param>
    /// <param name="simulationId">Its simulation.</param>
    /// <param name="listen">What it listens to.</param>
    public RunListener? Open(long executionId, long simulationId, IReadOnlyList<ListenOptions> listen)
    {
        return listen.Count == 0 ? null : Begin(executionId, quota => [.. listen.Select((entry, index) => RecorderOf(executionId, simulationId, index, entry, quota))]);
    }

    /// <summary>Begins to record what agents of a run put out here.</summary>
    /// <param name="plan">What is recorded, on this silo.</param>
    /// <param name="agents">Tells how it goes, and is disposed when it is to end.</param>
    /// <param name="taken">The messages.</param>
    internal RunListener Record(RecorderPlan plan, ITopicListener agents, HeardMessages taken) =>
        Begin(plan.ExecutionId, quota => [RecorderOf(plan with { Silo = Silo }, agents, taken, quota)]);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits until all is stored, as long as the host allows.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _open.Keys) listener.End(isOver: false);
        await using var registration = cancellationToken.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), _givingUp);
        await Task.WhenAll(_open.Keys.Select(listener => listener.Completed)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        // The container does so for each way in which it gives this out.
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _givingUp.Dispose();
        if (_folder.IsValueCreated) _folder.Value.Dispose();
    }

    private string Silo => silo.SiloAddress.ToParsableString();

    private RunListener Begin(long executionId, Func<RecordingQuota, IReadOnlyList<EndpointRecorder>> recorders)
    {
        var quota = new RecordingQuota(options.Value.MaxBytes);
        var opened = new RunListener(recorders(quota), options.Value.Grace, _givingUp.Token);
        _open.TryAdd(opened, 0);
        _ = ForgetAsync(opened, executionId);
        _ = CountStoredAsync(executionId, quota);
        return opened;
    }

    private EndpointRecorder RecorderOf(long executionId, long simulationId, int index, ListenOptions entry, RecordingQuota quota)
    {
        var heard = new HeardMessages(options.Value.QueueBytes, time);
        var (endpoint, listener) = ListenerOf(entry, heard, simulationId, $"simulation-{simulationId}-{Silo.Replace('@', '-')}-listen-{executionId}-{index}");
        return RecorderOf(new RecorderPlan { ExecutionId = executionId, SimulationId = simulationId, Listener = index, Endpoint = endpoint, Silo = Silo }, listener, heard, quota);
    }

    private EndpointRecorder RecorderOf(RecorderPlan plan, ITopicListener listener, HeardMessages heard, RecordingQuota quota) =>
        new(plan, listener, heard, quota, _scratch, _folder, store, options.Value, time, logger);

    private (string Endpoint, ITopicListener Listener) ListenerOf(ListenOptions entry, HeardMessages heard, long simulationId, string process)
    {
        OutputEndpoint? endpoint = null;
        try
        {
            endpoint = OutputEndpoint.ParseAll([entry.Endpoint ?? throw new FormatException("the simulation names no site that has an endpoint (mecId)")]).SingleOrDefault()
                ?? throw new FormatException("the endpoint is none");
            return (endpoint.ToString(), endpoint.Listen(new ListenPlan
            {
                Topics = entry.Topics, Heard = heard, Process = process, Simulation = $"{simulationId}", Credentials = sinks.Value.Credentials, Time = time, Logger = logger,
            }));
        }
        catch (FormatException exception)
        {
            return (endpoint?.ToString() ?? "", new UnusableListener(exception.Message, heard));
        }
    }

    /// <summary>What workers before this one have stored counts, too.</summary>
    private async Task CountStoredAsync(long executionId, RecordingQuota quota)
    {
        try
        {
            quota.Take(await store.SizeOfAsync(executionId, _givingUp.Token));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogNotCounted(logger, exception, executionId);
        }
    }

    private async Task ForgetAsync(RunListener opened, long executionId)
    {
        try
        {
            await opened.Completed;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogBroke(logger, exception, executionId);
        }
        _open.TryRemove(opened, out _);
    }

    [LoggerMessage(488, LogLevel.Warning, "What execution {Execution} has stored before could not be counted: it may store more than it should")]
    private static partial void LogNotCounted(ILogger logger, Exception exception, long execution);

    [LoggerMessage(489, LogLevel.Error, "The listening of execution {Execution} broke; the run goes on")]
    private static partial void LogBroke(ILogger logger, Exception exception, long execution);

    /// <summary>Stands for an endpoint that cannot be listened at, whatever happens.</summary>
    private sealed class UnusableListener(string error, HeardMessages heard) : ITopicListener
    {
        public ListenerStatus Status => new(IsSubscribed: false, null, 0, error);

        public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now) => [];

        public ValueTask DisposeAsync()
        {
            heard.Complete();
            return ValueTask.CompletedTask;
        }
    }
}
