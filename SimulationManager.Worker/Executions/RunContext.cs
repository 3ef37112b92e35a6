using Npgsql;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>What a run and its parts share: the execution, the clock, the store, and the wish to stop.</summary>
internal sealed partial class RunContext(
    Execution execution, ExecutionStore store, SiloDirectory silos, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan PersistRetryInterval = TimeSpan.FromSeconds(1);

    private readonly Pulse _pulse = new(time);
    private readonly List<ExecutionInstance> _ended = [];
    private long _lastCohortId;

    public Execution Execution { get; } = execution;
    public ExecutionStore Store { get; } = store;
    public SiloDirectory Silos { get; } = silos;
    public TimeProvider Time { get; } = time;
    public DateTimeOffset Now => Time.GetUtcNow();
    public long Timestamp => Time.GetTimestamp();
    public bool IsStopping { get; private set; }

    /// <summary>True once PostgreSQL has taken the execution's end from this coordinator.</summary>
    public bool IsEndOnRecord { get; set; }

    public TimeSpan Since(long timestamp) => Time.GetElapsedTime(timestamp);

    public void RequestStop()
    {
        IsStopping = true;
        Changed();
    }

    /// <summary>Notes agents that have ended, until they are told of.</summary>
    public void NoteEnded(IEnumerable<ExecutionInstance> instances) => _ended.AddRange(instances);

    /// <summary>The agents that have ended since it was last asked.</summary>
    public IReadOnlyList<ExecutionInstance> TakeEnded()
    {
        ExecutionInstance[] taken = [.. _ended];
        _ended.Clear();
        return taken;
    }

    /// <summary>Something has happened that whoever waits may care about.</summary>
    public void Changed() => _pulse.Beat();

    /// <summary>Waits for a change, at most for <paramref name="longest"/>.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken) => _pulse.WaitAsync(longest, cancellationToken);

    /// <summary>Waits for a change or a moment.</summary>
    public Task Beat(CancellationToken cancellationToken) => WaitAsync(PersistRetryInterval, cancellationToken);

    /// <summary>An id that no cohort of this execution has had: later coordinators' clocks are not far behind ours.</summary>
    public long NextCohortId() => _lastCohortId = Math.Max(_lastCohortId + 1, Now.ToUnixTimeMilliseconds() * 1000);

    /// <summary>Writes to PostgreSQL, again and again while it cannot be reached: the run goes on meanwhile.</summary>
    public async Task<T> Persist<T>(Func<CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await write(cancellationToken);
            }
            catch (Exception exception) when (MayPass(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogPersistFailed(logger, exception, Execution.Id);
                await Task.Delay(PersistRetryInterval, Time, cancellationToken);
            }
        }
    }

    public void LogCohortLost(Exception exception, long cohort, string silo) => LogLost(logger, exception, cohort, Execution.Id, silo);

    public void LogCohortSilent(Exception exception, long cohort, string silo) => LogSilent(logger, exception, cohort, Execution.Id, silo);

    private static bool MayPass(Exception exception) => exception.GetBaseException() switch
    {
        NpgsqlException npgsql => npgsql.IsTransient,
        TimeoutException or IOException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    [LoggerMessage(441, LogLevel.Warning, "The state of execution {Execution} could not be saved; trying again")]
    private static partial void LogPersistFailed(ILogger logger, Exception exception, long execution);

    [LoggerMessage(442, LogLevel.Warning, "Cohort {Cohort} of execution {Execution} on {Silo} is lost; its agents go on elsewhere")]
    private static partial void LogLost(ILogger logger, Exception exception, long cohort, long execution, string silo);

    [LoggerMessage(443, LogLevel.Warning, "Cohort {Cohort} of execution {Execution} on {Silo} does not answer")]
    private static partial void LogSilent(ILogger logger, Exception exception, long cohort, long execution, string silo);
}

/// <summary>Another activation has taken the execution over; this one stops without a word.</summary>
internal sealed class CoordinatorReplacedException() : Exception("Another coordinator has taken this execution over.");
